package thaw.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import thaw.kernels.Array;
import thaw.kernels.BinaryOp;
import thaw.kernels.DeviceProfile;
import thaw.kernels.KernelTime;
import thaw.kernels.OutOfDeviceMemoryException;
import thaw.kernels.Shape;
import thaw.kernels.UnaryOp;

/** The backend's device memory: pooling, errors when it is exhausted, and release of all of it. */
class OpenClMemoryTest {

    private static final long MEBIBYTE = 1 << 20;
    private static final Shape ONE_MEBIBYTE = Shape.of(1 << 18);

    @BeforeAll
    static void device() {
        OpenClHere.require();
    }

    private static OpenClBackend limitedTo(long bytes) {
        return OpenClBackend.open(OpenClDevices.best().index(), new OpenClBackend.Options(bytes, false));
    }

    @Test
    void aBufferThatWasGivenBackIsTakenAgain() {
        try (OpenClBackend backend = OpenClBackend.open()) {
            Array first = backend.zeros(ONE_MEBIBYTE);
            assertEquals(1, backend.liveObjects().buffers());
            first.release();
            assertEquals(0, backend.memory().inUse());
            assertEquals(MEBIBYTE, backend.memory().pooled());
            Array second = backend.zeros(ONE_MEBIBYTE);
            assertEquals(1, backend.liveObjects().buffers());
            assertEquals(MEBIBYTE, backend.memory().inUse());
            second.release();
        }
    }

    /** Sizes have eight steps per octave: an allocation is at most an eighth larger than requested. */
    @Test
    void sizesAreRoundedUpALittle() {
        for (long bytes = 256; bytes < 1L << 33; bytes += 1 + bytes / 7) {
            long rounded = BufferPool.roundUp(bytes);
            assertTrue(rounded >= bytes && rounded - bytes <= bytes / 8, bytes + " to " + rounded);
            assertEquals(rounded, BufferPool.roundUp(rounded), "a rounded size is not rounded again");
        }
    }

    @Test
    void whatDoesNotFitIsRefusedAndTheDeviceStaysUsable() {
        try (OpenClBackend backend = limitedTo(4 * MEBIBYTE)) {
            List<Array> arrays = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Array x = backend.zeros(ONE_MEBIBYTE);
                backend.fill(x, i);
                arrays.add(x);
            }
            OutOfDeviceMemoryException full = assertThrows(OutOfDeviceMemoryException.class,
                    () -> backend.zeros(Shape.of(2, 1 << 18)));
            assertEquals(2 * MEBIBYTE, full.asked());
            assertEquals(3 * MEBIBYTE, full.inUse());
            assertEquals(4 * MEBIBYTE, full.limit());
            for (String part : List.of("2 MiB", "3 MiB in use", "4 MiB together", "each", "smaller batch")) {
                assertTrue(full.getMessage().contains(part), full.getMessage());
            }
            Array sum = backend.binary(BinaryOp.ADD, arrays.get(1), arrays.get(2));
            float[] values = new float[sum.shape().size()];
            backend.read(sum, values);
            assertEquals(3, values[values.length - 1]);
            assertThrows(OutOfDeviceMemoryException.class, () -> backend.unary(UnaryOp.RELU, sum), "so are operators' results");
            sum.release();
            arrays.forEach(Array::release);
            assertEquals(0, backend.memory().inUse());
        }
    }

    /** Idle memory of other sizes is released to make room. */
    @Test
    void thePoolGivesWayToWhatIsAskedFor() {
        try (OpenClBackend backend = limitedTo(4 * MEBIBYTE)) {
            for (int i = 0; i < 3; i++) {
                backend.zeros(ONE_MEBIBYTE).release();
                backend.zeros(Shape.of((1 << 18) * 3 / 2)).release();
            }
            assertTrue(backend.memory().pooled() > 2 * MEBIBYTE);
            backend.zeros(Shape.of(1 << 20)).release();
            assertEquals(4 * MEBIBYTE, backend.memory().pooled());
        }
    }

    @Test
    void anArrayBeyondTheDevicesLargestAllocationIsRefused() {
        try (OpenClBackend backend = OpenClBackend.open()) {
            long largest = backend.device().largestAllocation();
            assumeTrue(largest < 4L * (Integer.MAX_VALUE - 8), "skipped: this device can allocate an array of any shape");
            Shape tooLarge = Shape.of((int) (largest / 4) + 1);
            OutOfDeviceMemoryException refused = assertThrows(OutOfDeviceMemoryException.class, () -> backend.zeros(tooLarge));
            assertEquals(largest, refused.limit());
            String message = refused.getMessage();
            assertTrue(message.contains("largest allocation is " + largest / MEBIBYTE + " MiB"), message);
            assertEquals(0, backend.memory().inUse());
        }
    }

    @Test
    void aBatchThatFitsIsWorkedOut() {
        assertEquals(20, new OutOfDeviceMemoryException("", 20, 50, 60, null).batchThatFits(24, 0), "70 for 24 images, of 60");
        assertEquals(18, new OutOfDeviceMemoryException("", 20, 50, 60, null).batchThatFits(24, 30), "40 for 24 images, of 30");
        assertEquals(6, new OutOfDeviceMemoryException("", 40, 7, 30, null).batchThatFits(8, 7), "one array");
        assertEquals(0, new OutOfDeviceMemoryException("", 40, 7, 3, null).batchThatFits(2, 0));
    }

    @Test
    void closingReleasesEverything() {
        OpenClBackend backend = OpenClBackend.open();
        Array kept = backend.of(Shape.of(3), new float[] {1, 2, 3});
        backend.unary(UnaryOp.EXP, kept).release();
        backend.read(kept, new float[3]);
        LiveObjects open = backend.liveObjects();
        assertTrue(open.buffers() > 0 && open.kernels() > 0 && open.programs() > 0, open::toString);
        backend.close();
        assertEquals(new LiveObjects(0, 0, 0, 0), backend.liveObjects());
        backend.close();
        kept.release();
        assertThrows(IllegalStateException.class, () -> backend.zeros(Shape.of(1)));
    }

    @Test
    void anotherDevicesArrayIsRefused() {
        try (OpenClBackend one = OpenClBackend.open(); OpenClBackend other = OpenClBackend.open()) {
            Array x = one.zeros(Shape.of(2));
            String message = assertThrows(IllegalArgumentException.class, () -> other.unary(UnaryOp.RELU, x)).getMessage();
            assertTrue(message.contains("[2]") && message.contains("another device"), message);
        }
    }

    /** Arrays larger than one transfer, written in a row before the device has received the first. */
    @Test
    void transfersOverlapWithoutMixing() {
        try (OpenClBackend backend = OpenClBackend.open()) {
            int length = (1 << 22) + 77;
            List<Array> arrays = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                float[] values = new float[length];
                Arrays.fill(values, i);
                values[length - 1] = -i;
                arrays.add(backend.of(Shape.of(length), values));
            }
            for (int i = 0; i < arrays.size(); i++) {
                float[] values = new float[length];
                Arrays.fill(values, i);
                values[length - 1] = -i;
                float[] read = new float[length];
                backend.read(arrays.get(i), read);
                assertArrayEquals(values, read);
                arrays.get(i).release();
            }
            assertEquals(0, backend.liveObjects().events());
        }
    }

    @Test
    void kernelsAreTimedWhereThatWasAskedFor() {
        int index = OpenClDevices.best().index();
        try (OpenClBackend backend = OpenClBackend.open(index, new OpenClBackend.Options(Long.MAX_VALUE, true))) {
            Array x = backend.zeros(Shape.of(64, 64));
            DeviceProfile profile = backend.profile().orElseThrow();
            profile.resetKernelTimes();
            backend.matmul(x, false, x, false).release();
            backend.matmul(x, false, x, true).release();
            List<KernelTime> times = profile.kernelTimes();
            assertEquals(2, times.stream().mapToInt(KernelTime::runs).sum(), times::toString);
            assertEquals(2 * 2.0 * 64 * 64 * 64, times.stream().mapToDouble(KernelTime::flops).sum(), times::toString);
            assertTrue(times.stream().allMatch(t -> t.seconds() > 0), times::toString);
            assertEquals(0, backend.liveObjects().events());
        }
        try (OpenClBackend backend = OpenClBackend.open()) {
            assertTrue(backend.profile().isEmpty());
        }
    }
}
