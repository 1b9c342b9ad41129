package thaw.kernels.opencl;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import thaw.kernels.opencl.GemmTile.Staging;

/**
 * The order in which tiles are tried: the usual one, on a card those at which others' searches ended, then alternately a
 * random one and the one that differs least from the best so far.
 */
final class TileSearch {

    /** Multiply-adds per step of a block that hide each other's latency. */
    private static final int LEAST_SUMS = 8;
    private static final int MOST_SUMS_OF_CARD = 64;
    private static final int MOST_SUMS_OF_PROCESSOR = 28;

    /** The only depth of direct tiles, which stage nothing, so that others would differ in name alone. */
    private static final int DEPTH_OF_DIRECT = 16;

    /** In descending order of promise. */
    private static final List<GemmTile> PROMISING = List.of(
            new GemmTile(Staging.AHEAD, 16, 16, 8, 8, 16, 4), new GemmTile(Staging.AHEAD, 16, 16, 8, 8, 8, 4),
            new GemmTile(Staging.DIRECT, 16, 8, 4, 4, 16, 4), new GemmTile(Staging.DIRECT, 8, 8, 4, 8, 16, 4),
            new GemmTile(Staging.AHEAD, 16, 8, 8, 8, 16, 4), new GemmTile(Staging.AHEAD, 8, 16, 8, 8, 16, 4),
            new GemmTile(Staging.AHEAD, 8, 8, 8, 8, 16, 4), new GemmTile(Staging.AHEAD, 8, 8, 8, 8, 8, 4),
            new GemmTile(Staging.SHARED, 16, 16, 8, 8, 16, 4), new GemmTile(Staging.SHARED, 8, 16, 8, 8, 32, 4),
            new GemmTile(Staging.SHARED, 16, 16, 4, 4, 16, 4), new GemmTile(Staging.AHEAD, 8, 8, 4, 8, 16, 4));

    private final List<GemmTile> untried;
    private int promising;
    private boolean near;

    TileSearch(OpenClDevice device, GemmTile usual, long seed) {
        untried = device.type() == OpenClDevice.Type.CPU ? ofProcessor() : ofCard();
        untried.removeIf(tile -> !tile.fits(device) || tile.equals(usual));
        Collections.shuffle(untried, new Random(seed));
        if (device.type() != OpenClDevice.Type.CPU) {
            for (GemmTile tile : PROMISING) {
                if (untried.remove(tile)) {
                    untried.add(untried.size() - promising, tile);
                    promising++;
                }
            }
        }
        untried.add(usual);
        promising++;
    }

    boolean isOver() {
        return untried.isEmpty();
    }

    /** @param best the best tile so far, or null before the first */
    GemmTile next(GemmTile best) {
        int at = untried.size() - 1;
        if (promising > 0) {
            promising--;
            return untried.remove(at);
        }
        if (near && best != null) {
            for (int i = 0; i < untried.size(); i++) {
                if (differences(untried.get(i), best) < differences(untried.get(at), best)) {
                    at = i;
                }
            }
        }
        near = !near;
        return untried.remove(at);
    }

    private static int differences(GemmTile a, GemmTile b) {
        return (a.mDim() == b.mDim() ? 0 : 1) + (a.nDim() == b.nDim() ? 0 : 1) + (a.mItem() == b.mItem() ? 0 : 1)
                + (a.nItem() == b.nItem() ? 0 : 1) + (a.kTile() == b.kTile() ? 0 : 1) + (a.vector() == b.vector() ? 0 : 1)
                + (a.staging() == b.staging() ? 0 : 1);
    }

    private static List<GemmTile> ofProcessor() {
        List<GemmTile> tiles = new ArrayList<>();
        for (int vector : new int[] {16, 8, 4}) {
            for (int mItem : new int[] {4, 6, 8, 12, 14}) {
                for (int vectors = 1; vectors <= 4; vectors++) {
                    int sums = mItem * vectors;
                    for (int rows : new int[] {32, 64, 128, 256}) {
                        for (int nDim : new int[] {1, 2, 4}) {
                            for (int kTile : new int[] {32, 64, 128, 256}) {
                                if (sums >= LEAST_SUMS && sums <= MOST_SUMS_OF_PROCESSOR) {
                                    tiles.add(new GemmTile(Staging.SOLO, (rows + mItem - 1) / mItem, nDim, mItem, vectors * vector,
                                            kTile, vector));
                                }
                            }
                        }
                    }
                }
            }
        }
        return tiles;
    }

    private static List<GemmTile> ofCard() {
        List<GemmTile> tiles = new ArrayList<>();
        for (int mDim : new int[] {4, 8, 16, 32}) {
            for (int nDim : new int[] {4, 8, 16, 32}) {
                for (int mItem : new int[] {2, 4, 8, 16}) {
                    for (int nItem : new int[] {2, 4, 8, 16}) {
                        for (int kTile : new int[] {8, 16, 32}) {
                            for (int vector : new int[] {1, 2, 4}) {
                                boolean isWhole = mItem % vector == 0 && nItem % vector == 0;
                                int sums = mItem * nItem;
                                if (isWhole && sums >= LEAST_SUMS && sums <= MOST_SUMS_OF_CARD && mDim * nDim >= kTile
                                        && mDim * nDim <= Launch.GROUP) {
                                    GemmTile tile = new GemmTile(Staging.SHARED, mDim, nDim, mItem, nItem, kTile, vector);
                                    tiles.add(tile);
                                    tiles.add(tile.with(Staging.AHEAD));
                                    if (kTile == DEPTH_OF_DIRECT) {
                                        tiles.add(tile.with(Staging.DIRECT));
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        return tiles;
    }
}
