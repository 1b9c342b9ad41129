package thaw.kernels.cpu.conv;

import thaw.kernels.cpu.parallel.Workers;

/**
 * The division of a nest into items, of some rows and some tiles of output channels. Results do not depend on it.
 *
 * <p>Every item reads the source of its rows and the weights of its tiles. With {@code R} divisions of the rows and {@code T} of
 * the tiles, all items together read {@code T} times the source and {@code R} times the weights, which is least, for a given
 * number of items {@code R·T}, if {@code R = √(R·T · source / weights)}.
 *
 * @param tilesFirst whether successive items have the same tiles, rather than the same rows: where weights are larger than the
 *     source, a thread reads its share of them once
 */
record ItemSplit(int rows, int rowsPerItem, int tiles, int tileItems, boolean tilesFirst) {

    /** The least number of items per job, so that any number of threads is evenly loaded. */
    static final int ITEMS = 64;

    /** Multiply-adds in an item beyond which the cost of handing it to a thread is negligible. */
    private static final long ITEM = 2_000_000;

    /**
     * The division of a nest.
     *
     * @param source floats of the source
     */
    static ItemSplit of(ConvolutionPlan.LoopNest nest, int source, Workers workers) {
        int rows = nest.rows().total();
        int tiles = nest.taps().layout().tiles();
        int weights = nest.taps().weightLength();
        long work = (long) rows * nest.rows().pixels() * weights;
        double best = Math.sqrt((double) ITEMS * source / weights);
        int rowItems = (int) Math.max(Math.min(best, Math.min(rows, Math.max(ITEMS, work / ITEM))), (ITEMS + tiles - 1) / tiles);
        int rowsPerItem = Math.max(1, rows / rowItems);
        int divided = (rows + rowsPerItem - 1) / rowsPerItem;
        int tileItems = Math.min(tiles, (ITEMS + divided - 1) / divided);
        // Smaller items, if these would leave threads idle.
        for (int[] finer : new int[][] {{rowsPerItem, tileItems}, {rowsPerItem, tiles}, {1, tiles}}) {
            ItemSplit split = new ItemSplit(rows, finer[0], tiles, finer[1], weights > source);
            if (workers.shareEvenly(split.items())) {
                return split;
            }
        }
        return new ItemSplit(rows, 1, tiles, tiles, weights > source);
    }

    private int rowItems() {
        return (rows + rowsPerItem - 1) / rowsPerItem;
    }

    int items() {
        return rowItems() * tileItems;
    }

    int firstRow(int item) {
        return (tilesFirst ? item % rowItems() : item / tileItems) * rowsPerItem;
    }

    int endRow(int item) {
        return Math.min(rows, firstRow(item) + rowsPerItem);
    }

    int firstTile(int item) {
        return division(item) * tiles / tileItems;
    }

    int endTile(int item) {
        return (division(item) + 1) * tiles / tileItems;
    }

    private int division(int item) {
        return tilesFirst ? item / rowItems() : item % tileItems;
    }
}
