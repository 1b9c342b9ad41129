package thaw.load;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import thaw.finetune.report.Html;
import thaw.finetune.report.LineChart;
import thaw.finetune.report.LineChart.Axis;
import thaw.finetune.report.LineChart.Scale;
import thaw.finetune.report.LineChart.Series;

/** The memory, threads and file handles of this process while it works, measured at an interval. */
final class ResourceCurve implements AutoCloseable {

    private static final double MEBIBYTE = 1 << 20;
    /** Measurements before this share of all are those of a process that is still getting warm. */
    private static final double WARM = 0.3;

    /** A quantity, and by how much it may grow between the first and the last third of the warm measurements. */
    enum Quantity {
        DIRECT("direct and mapped buffers, MiB", 2),
        RESIDENT("resident memory, MiB", 64),
        THREADS("threads", 2),
        HANDLES("file handles", 4),
        /** Last, since its collection would also free buffers and handles that wait for one. */
        HEAP("heap after a full collection, MiB", 16);

        private final String label;
        private final double growth;

        Quantity(String label, double growth) {
            this.label = label;
            this.growth = growth;
        }

        double now() {
            return switch (this) {
                case DIRECT -> ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                        .mapToLong(BufferPoolMXBean::getMemoryUsed).sum() / MEBIBYTE;
                case RESIDENT -> resident();
                case THREADS -> ManagementFactory.getThreadMXBean().getThreadCount();
                case HANDLES -> ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                        ? unix.getOpenFileDescriptorCount() : 0;
                case HEAP -> {
                    System.gc();
                    yield ManagementFactory.getMemoryPoolMXBeans().stream().map(MemoryPoolMXBean::getCollectionUsage)
                            .filter(usage -> usage != null).mapToLong(usage -> usage.getUsed()).sum() / MEBIBYTE;
                }
            };
        }

        /** 0 where the system has no {@code /proc}. */
        private static double resident() {
            try {
                return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElse(0) / 1024.0;
            } catch (IOException none) {
                return 0;
            }
        }
    }

    private final long start = System.nanoTime();
    private final List<Double> seconds = new ArrayList<>();
    private final Map<Quantity, List<Double>> measured = new EnumMap<>(Quantity.class);
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "resource-curve");
        thread.setDaemon(true);
        return thread;
    });

    /** @param millis the interval; 0 to measure by {@link #measure} alone */
    ResourceCurve(long millis) {
        for (Quantity quantity : Quantity.values()) {
            measured.put(quantity, new ArrayList<>());
        }
        if (millis > 0) {
            timer.scheduleAtFixedRate(this::measure, millis, millis, TimeUnit.MILLISECONDS);
        }
    }

    synchronized void measure() {
        seconds.add((System.nanoTime() - start) / 1e9);
        measured.forEach((quantity, values) -> values.add(quantity.now()));
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    /** The smallest and largest values of each quantity, and by how much it grew. */
    synchronized String summary() {
        return measured.keySet().stream().map(quantity -> {
            List<Double> values = measured.get(quantity);
            return String.format("%s: %.1f … %.1f, grew by %.1f", quantity.label, values.stream().mapToDouble(v -> v).min().orElse(0),
                    values.stream().mapToDouble(v -> v).max().orElse(0), growth(values));
        }).collect(Collectors.joining("; ", seconds.size() + " measurements: ", ""));
    }

    /** @throws AssertionError if a quantity grew by more than it may */
    synchronized void requireFlat() {
        measured.forEach((quantity, values) -> {
            if (growth(values) > quantity.growth) {
                throw new AssertionError(quantity.label + " grew by more than " + quantity.growth + ": " + values);
            }
        });
    }

    /** The least value of the last third, less that of the first, of the warm measurements: a peak is no growth. */
    private static double growth(List<Double> values) {
        int from = (int) (WARM * values.size());
        int third = (values.size() - from) / 3;
        if (third < 1) {
            throw new AssertionError("too few measurements: " + values);
        }
        return least(values.subList(values.size() - third, values.size())) - least(values.subList(from, from + third));
    }

    private static double least(List<Double> values) {
        return values.stream().mapToDouble(v -> v).min().orElseThrow();
    }

    /** Writes a page with a chart of each quantity. */
    synchronized void write(Path page, String title) throws IOException {
        double[] x = seconds.stream().mapToDouble(v -> v).toArray();
        StringBuilder body = new StringBuilder();
        measured.forEach((quantity, values) -> body.append(new LineChart(new Axis("seconds", Scale.LINEAR, List.of(0.0)),
                new Axis(quantity.label, Scale.LINEAR, List.of(0.0)),
                List.of(new Series(quantity.label, x, values.stream().mapToDouble(v -> v).toArray())), List.of(), List.of()).html()));
        Files.writeString(page, Html.page(title, "", body.toString()));
    }
}
