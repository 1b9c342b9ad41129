package thaw.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.StringJoiner;

/**
 * An engine that compare.py runs, and the conversation with it: see contender.py.
 *
 * @param folder  of weights and images
 * @param mode    infer, train or train-head
 * @param threads to compute with
 */
record Contender(Path folder, String arch, String mode, int batch, int size, int threads) {

    /** One step of a network on the same batch. */
    @FunctionalInterface
    interface Step {

        /** The scores of the first image, or the loss. */
        float[] run() throws Exception;
    }

    /** @param args folder, architecture, mode, batch, size and threads */
    static Contender of(String... args) {
        return new Contender(Path.of(args[0]), args[1], args[2], Integer.parseInt(args[3]), Integer.parseInt(args[4]),
                Integer.parseInt(args[5]));
    }

    boolean trains() {
        return !mode.equals("infer");
    }

    int classes() {
        return arch.equals("resnet20") || arch.equals("resnet32") || arch.equals("resnet56") ? 10 : 1000;
    }

    float[] images() throws IOException {
        float[] images = new float[batch * 3 * size * size];
        ByteBuffer.wrap(Files.readAllBytes(folder.resolve("images-" + batch + "x" + size + ".f32")))
                .order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(images);
        return images;
    }

    int[] labels() {
        int[] labels = new int[batch];
        for (int i = 0; i < batch; i++) {
            labels[i] = i % classes();
        }
        return labels;
    }

    void converse(Step step) throws Exception {
        PrintStream out = System.out;
        float[] values = step.run();
        out.println("first");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String request = in.readLine(); request != null && !request.equals("quit"); request = in.readLine()) {
            switch (request) {
                case "step" -> {
                    long start = System.nanoTime();
                    values = step.run();
                    out.println((System.nanoTime() - start) / 1e6);
                }
                case "values" -> {
                    StringJoiner line = new StringJoiner(" ");
                    for (float value : values) {
                        line.add(Float.toString(value));
                    }
                    out.println(line);
                }
                case "memory" -> out.println(peakMebibytes());
                default -> throw new IllegalArgumentException("unknown request: " + request);
            }
        }
    }

    private static double peakMebibytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0).findFirst().orElseThrow();
    }
}
