package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import thaw.Extent;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.kernels.Backend;
import thaw.kernels.Shape;
import thaw.kernels.cpu.CpuBackend;

/** A batch-invariant prediction's bits do not depend on the images in the same batch, nor on their number. */
class BatchInvarianceTest {

    private static final int LARGEST = Extent.times(5, 16);
    private static final int CLASSES = 5;

    static Stream<Named<Backend>> backends() {
        return Stream.of(Named.of("usual", CpuBackend.create(2)), Named.of("plain", CpuBackend.scalar(2)));
    }

    @ParameterizedTest
    @MethodSource("backends")
    void anyBatchGivesTheBitsOfSingleImages(Backend backend) {
        SplittableRandom random = new SplittableRandom(5);
        try (Device device = Device.of(backend); NoGrad off = device.noGrad()) {
            device.makeBatchInvariant();
            ResNet net = ResNet.resnet18(device, CLASSES);
            net.eval();
            // 7×7, 6×6 and 3×3 pixels in the last stage, whose weights are the largest.
            for (int size : new int[] {224, 192, 96}) {
                int length = 3 * size * size;
                int count = random.nextInt(2, LARGEST + 1);
                float[] images = new float[count * length];
                for (int i = 0; i < images.length; i++) {
                    images[i] = (float) random.nextDouble(-2, 2);
                }
                float[] together = scores(net, images, size);
                for (int i = 0; i < count; i += random.nextInt(1, 5)) {
                    float[] alone = scores(net, Arrays.copyOfRange(images, i * length, (i + 1) * length), size);
                    assertArrayEquals(alone, Arrays.copyOfRange(together, i * CLASSES, (i + 1) * CLASSES),
                            "image " + i + " of " + count + ", size " + size);
                }
            }
        }
    }

    private static float[] scores(ResNet net, float[] images, int size) {
        try (Scope scope = net.device().scope()) {
            return net.call(net.device().tensor(Shape.of(images.length / (3 * size * size), 3, size, size), images)).toFloats();
        }
    }
}
