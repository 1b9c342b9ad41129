package thaw.kernels;

import java.nio.file.Path;
import java.util.List;

/**
 * The outcome of {@link BackendProvider#tune}.
 *
 * @param products         the matrix products, by their kind
 * @param winogradChannels the number of channels from which on Winograd's algorithm is faster; {@link Integer#MAX_VALUE} if
 *     never
 * @param file             the file that stores the outcome
 */
public record DeviceTuning(BackendProvider.Offer device, List<Product> products, int winogradChannels, Path file) {

    /** Copies the list. */
    public DeviceTuning {
        products = List.copyOf(products);
    }

    /**
     * The result for one kind of product.
     *
     * @param kind        its name
     * @param tile        the best tile, in words
     * @param gflops      the speed with that tile
     * @param usualGflops the speed with the usual tile for devices of this kind; 0 if the device refuses it
     * @param trials      the number of tiles tried
     */
    public record Product(String kind, String tile, double gflops, double usualGflops, int trials) {
    }
}
