package thaw.kernels.opencl;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import thaw.kernels.opencl.GemmTile.Staging;

/**
 * The tiles and thresholds with which a device multiplies and convolves.
 *
 * @param tiles            one for each kind of product
 * @param winogradChannels channels of both sides from which on a 3×3 convolution uses Winograd's algorithm; with
 *     fewer, its transforms move more than its products save
 */
record Tuning(Map<ProductShape, GemmTile> tiles, int winogradChannels) {

    /** The fallbacks for a device that refuses its own tile, in decreasing size; the last always fits. */
    private static final List<GemmTile> MODEST = List.of(
            new GemmTile(Staging.SHARED, 8, 8, 4, 4, 16, 4),
            new GemmTile(Staging.SHARED, 4, 4, 4, 4, 8, 4));
    private static final GemmTile MODEST_SOLO = new GemmTile(Staging.SOLO, 4, 2, 8, 16, 32, 8);

    Tuning {
        if (tiles.size() != ProductShape.values().length) {
            throw new IllegalArgumentException("tuning: expected a tile for each of " + List.of(ProductShape.values()) + ", got "
                    + tiles.keySet());
        }
        tiles = Map.copyOf(tiles);
    }

    /** The same tile for every kind of product. */
    static Tuning of(GemmTile tile, int winogradChannels) {
        Map<ProductShape, GemmTile> tiles = new EnumMap<>(ProductShape.class);
        for (ProductShape shape : ProductShape.values()) {
            tiles.put(shape, tile);
        }
        return new Tuning(tiles, winogradChannels);
    }

    /**
     * The defaults for an untuned device of this kind: for CPUs blocks that fill half of the vector registers, for cards
     * the tiles at which CLBlast's and others' searches end, for Intel's smaller ones, for graphics processors without local
     * memory of their own direct ones.
     */
    static Tuning usual(OpenClDevice device) {
        String maker = (device.vendor() + " " + device.platform()).toLowerCase(Locale.ROOT);
        if (device.type() == OpenClDevice.Type.CPU) {
            // AVX-512 has 32 registers of 16 floats, others mostly 16 of 8 or fewer. Some drivers have 32 KiB of local
            // memory.
            boolean isWide = device.preferredFloatWidth() >= 16;
            GemmTile small = isWide ? new GemmTile(Staging.SOLO, 8, 1, 8, 32, 64, 16) : new GemmTile(Staging.SOLO, 16, 2, 4, 16, 64, 8);
            GemmTile square = isWide ? new GemmTile(Staging.SOLO, 8, 2, 8, 32, 64, 16) : new GemmTile(Staging.SOLO, 16, 4, 4, 16, 64, 8);
            GemmTile tall = isWide ? new GemmTile(Staging.SOLO, 32, 2, 8, 32, 64, 16) : new GemmTile(Staging.SOLO, 32, 4, 4, 16, 64, 8);
            return of(tall.fits(device) ? tall : small, 16).with(ProductShape.WIDE, square.fits(device) ? square : small);
        }
        if (!device.dedicatedLocalMemory()) {
            return of(new GemmTile(Staging.DIRECT, 16, 8, 4, 4, 16, 4), 128);
        }
        GemmTile middle = new GemmTile(Staging.AHEAD, 8, 8, 8, 8, 16, 4);
        if (maker.contains("nvidia") || maker.contains("amd") || maker.contains("advanced micro")) {
            return of(middle, 64).with(ProductShape.LARGE, new GemmTile(Staging.AHEAD, 16, 16, 8, 8, 16, 4))
                    .with(ProductShape.WIDE, new GemmTile(Staging.AHEAD, 8, 16, 8, 8, 16, 4));
        }
        if (maker.contains("intel")) {
            return of(new GemmTile(Staging.SHARED, 16, 16, 4, 4, 16, 4), 128);
        }
        return of(new GemmTile(Staging.SHARED, 16, 8, 4, 4, 16, 4), 128);
    }

    Tuning with(ProductShape shape, GemmTile tile) {
        Map<ProductShape, GemmTile> changed = new EnumMap<>(tiles);
        changed.put(shape, tile);
        return new Tuning(changed, winogradChannels);
    }

    Tuning withWinogradChannels(int channels) {
        return new Tuning(tiles, channels);
    }

    /** The tile for this kind of product, followed by the fallbacks if the device refuses it. */
    List<GemmTile> candidates(ProductShape shape) {
        GemmTile own = tiles.get(shape);
        return own.solo() ? List.of(own, MODEST_SOLO) : List.of(own, MODEST.get(0), MODEST.get(1), MODEST_SOLO);
    }
}
