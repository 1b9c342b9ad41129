package thaw.kernels.opencl;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import thaw.Extent;
import thaw.engine.Device;
import thaw.kernels.Array;
import thaw.kernels.Shape;
import thaw.kernels.opencl.GemmTile.Staging;
import thaw.parity.ParityTest;

/** A process of its own that uses OpenCL, for what happens once in a process. */
final class OpenClProcess {

    /** This process's. */
    static final String CLASS_PATH = System.getProperty("java.class.path");

    private static final int THREADS = 4;
    private static final int SECONDS = 600;

    private final Process process;
    private final Path output;

    private OpenClProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /**
     * Starts a process with this Java, class path and libraries.
     *
     * @param task        {@code discover} or {@code compute}
     * @param cache       Thaw's cache folder
     * @param environment further variables
     */
    static OpenClProcess start(String task, Path cache, Map<String, String> environment) throws IOException {
        return start(task, cache, CLASS_PATH, environment);
    }

    /**
     * Like {@link #start(String, Path, Map)}.
     *
     * @param task      also {@code kernels}, {@code product} or {@code parity}
     * @param classPath of the new process
     */
    static OpenClProcess start(String task, Path cache, String classPath, Map<String, String> environment) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                classPath, "-Dthaw.cache=" + cache, "-Dparity.dir=" + ParityTest.DIR, "-Dextent=" + (Extent.FULL ? "full" : "sample"),
                OpenClProcess.class.getName(), task));
        Path output = Files.createTempFile("opencl", ".txt");
        output.toFile().deleteOnExit();
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        return new OpenClProcess(builder.start(), output);
    }

    /** The last line that the process has printed, like {@link #output}. */
    String result() throws IOException, InterruptedException {
        return output().lines().reduce("", (before, line) -> line);
    }

    /** The output and errors of the process, after its end; an exit code other than 0 is an error. */
    String output() throws IOException, InterruptedException {
        boolean ended = process.waitFor(SECONDS, TimeUnit.SECONDS);
        process.destroyForcibly();
        String text = Files.readString(output, StandardCharsets.UTF_8);
        if (!ended || process.exitValue() != 0) {
            throw new AssertionError((ended ? "exit code " + process.exitValue() : "no end after " + SECONDS + " s") + ": " + text);
        }
        return text;
    }

    /** Runs the task in the new process. */
    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "discover" -> discover();
            case "compute" -> compute();
            case "kernels" -> System.out.println(String.join(" ", EveryKernel.run()));
            case "product" -> EveryKernel.runProduct();
            case "parity" -> parity();
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    /** Computes some of the parity cases with a card's tile, since each compiles for seconds; prints their number. */
    private static void parity() throws IOException {
        Tuning tuning = Tuning.of(new GemmTile(Staging.SHARED, 8, 4, 4, 4, 8, 4), 16);
        try (Device device = Device.of(OpenClBackend.open(0, OpenClBackend.Options.DEFAULT, tuning))) {
            System.out.println(ParityTest.runOperators(device, Extent.times(48, 16)));
        }
    }

    /** Several threads look for devices at once, as the first users of the drivers. */
    private static void discover() throws Exception {
        CyclicBarrier start = new CyclicBarrier(THREADS);
        List<Thread> threads = new ArrayList<>();
        int[] found = new int[THREADS];
        for (int i = 0; i < THREADS; i++) {
            int mine = i;
            threads.add(new Thread(() -> {
                try {
                    start.await();
                    found[mine] = OpenClDevices.list().size();
                } catch (Exception failure) {
                    throw new IllegalStateException(failure);
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        System.out.println(Arrays.toString(found));
    }

    /** Compiles one program, or takes it from the cache; prints the sum of its result and the seconds that it took. */
    private static void compute() {
        try (OpenClBackend backend = OpenClBackend.open()) {
            float[] values = new float[1000];
            Arrays.fill(values, 1);
            long start = System.nanoTime();
            Array y = backend.dropout(backend.of(Shape.of(values.length), values), 0.5, 7);
            backend.read(y, values);
            double sum = 0;
            for (float value : values) {
                sum += value;
            }
            System.out.println(sum + " " + (System.nanoTime() - start) / 1e9);
        }
    }
}
