package thaw.kernels.opencl;

import java.util.Map;
import thaw.kernels.DeviceProfile;
import thaw.kernels.KernelTime;

/** Measures a device's peak rates, by its own clock; see {@code peaks.cl}. */
final class PeakMeasurement {

    private static final String FILE = "peaks.cl";
    private static final int RUNS = 12;
    /** More than the caches of any card. */
    private static final long MOST_BYTES = 512 << 20;
    private static final int ITEMS_OF_A_UNIT = 2048;
    private static final int ROUNDS = 2048;
    private static final int CHAINS = 8;
    private static final int PROCESSORS_VECTOR = 16;
    private static final int CARDS_VECTOR = 4;

    private PeakMeasurement() {
    }

    /** Measures on a separate queue, so that the times of other work are not included. */
    static DeviceProfile.Peaks measure(OpenClDevices.Handle handle) {
        OpenClDevice device = handle.device();
        int vector = device.type() == OpenClDevice.Type.CPU ? PROCESSORS_VECTOR : CARDS_VECTOR;
        try (DeviceQueue queue = new DeviceQueue(handle, Long.MAX_VALUE, true, ProgramCache.NONE);
                Programs programs = new Programs(queue)) {
            Map<String, Integer> parameters = Map.of("VW", vector);
            int vectors = (int) (Math.min(MOST_BYTES, device.largestAllocation()) / Float.BYTES / vector);
            OpenClStorage from = new OpenClStorage(queue.pool(), vectors * vector);
            OpenClStorage to = new OpenClStorage(queue.pool(), vectors * vector);
            KernelTime copy = best(queue, () -> programs.launch(programs.kernel(FILE, "copy", parameters)).memory(from).memory(to)
                    .ints(vectors).work(0, 2.0 * Float.BYTES * vector * vectors).over(vectors));
            int items = device.computeUnits() * ITEMS_OF_A_UNIT;
            KernelTime sums = best(queue, () -> programs.launch(programs.kernel(FILE, "multiply_add", parameters)).memory(to)
                    .floats(0.5).floats(1).ints(ROUNDS).work(2.0 * CHAINS * vector * ROUNDS * items, 0).over(items));
            return new DeviceProfile.Peaks(sums.flops() / sums.seconds() / 1e9, copy.bytes() / copy.seconds() / 1e9);
        }
    }

    /** The fastest of several runs; the first may include the compilation of its kernel. */
    private static KernelTime best(DeviceQueue queue, Runnable run) {
        KernelTime best = null;
        for (int i = 0; i < RUNS; i++) {
            queue.profile().resetKernelTimes();
            run.run();
            KernelTime time = queue.profile().kernelTimes().get(0);
            best = best == null || time.seconds() < best.seconds() ? time : best;
        }
        return best;
    }
}
