package thaw.finetune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import thaw.kernels.DeviceProfile;
import thaw.kernels.KernelTime;

/**
 * A device's time by kernel, the longest first, with each kernel's share of the device's peak rates.
 *
 * @param steps the number of steps over which {@code times} were summed
 */
record KernelTable(List<KernelTime> times, DeviceProfile.Peaks peaks, int steps) {

    List<String> lines() {
        double total = times.stream().mapToDouble(KernelTime::seconds).sum();
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add(String.format(Locale.ROOT, "kernels take %.2f ms per step; the device's peaks are %.1f GFLOP/s and %.1f GB/s",
                millis(total), peaks.gflops(), peaks.gigabytes()));
        lines.add("");
        lines.add("  ms/step  share   runs  GFLOP/s of peak     GB/s of peak  kernel");
        times.forEach(time -> lines.add(String.format(Locale.ROOT, "%9.3f %4.1f %% %6d %s %s  %s", millis(time.seconds()),
                100 * time.seconds() / total, time.runs() / steps, rate(gflops(time), peaks.gflops()),
                rate(gigabytes(time), peaks.gigabytes()), time.kernel())));
        return lines;
    }

    /** A rate and its percentage of the peak; blank if the kernel does not state its work. */
    private static String rate(double rate, double peak) {
        return rate == 0 ? " ".repeat(16) : String.format(Locale.ROOT, "%8.1f %5.1f %%", rate, 100 * rate / peak);
    }

    private static double gflops(KernelTime time) {
        return time.flops() / time.seconds() / 1e9;
    }

    private static double gigabytes(KernelTime time) {
        return time.bytes() / time.seconds() / 1e9;
    }

    private double millis(double seconds) {
        return 1e3 * seconds / steps;
    }

    /** Adds the peaks and the kernels to a command's result. */
    void addTo(ObjectNode json) {
        json.put("peak_gflops", peaks.gflops()).put("peak_gigabytes_per_second", peaks.gigabytes());
        ArrayNode kernels = json.putArray("kernels");
        for (KernelTime time : times) {
            kernels.addObject().put("kernel", time.kernel()).put("runs", time.runs() / steps).put("ms", millis(time.seconds()))
                    .put("gflops", time.flops() == 0 ? null : (Double) gflops(time))
                    .put("gigabytes_per_second", time.bytes() == 0 ? null : (Double) gigabytes(time));
        }
    }
}
