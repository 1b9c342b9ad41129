package thaw.resnet;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** Microsoft's runtime, which computes the graph of an ONNX file. */
public final class OnnxRuntime implements AutoCloseable {

    private final OrtEnvironment environment;
    private final OrtSession session;

    private OnnxRuntime(OrtEnvironment environment, OrtSession session) {
        this.environment = environment;
        this.session = session;
    }

    /** Opens a file; skips the calling test where the runtime has no library for this processor. */
    public static OnnxRuntime open(Path file) {
        OrtEnvironment environment;
        try {
            environment = OrtEnvironment.getEnvironment();
        } catch (UnsatisfiedLinkError | ExceptionInInitializerError | NoClassDefFoundError | RuntimeException missing) {
            return Assumptions.abort("ONNX Runtime is skipped: " + missing);
        }
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            return new OnnxRuntime(environment, environment.createSession(file.toString(), options));
        } catch (OrtException wrong) {
            throw new AssertionError(wrong);
        }
    }

    /** The value of {@code output} for {@code input [N, 3, side, side]}, row by row. */
    public float[] logits(float[] images, int n, int side) {
        try (OnnxTensor x = OnnxTensor.createTensor(environment, FloatBuffer.wrap(images), new long[] {n, 3, side, side});
                OrtSession.Result result = session.run(Map.of("input", x))) {
            float[][] rows = (float[][]) result.get("output").orElseThrow().getValue();
            float[] all = new float[rows.length * rows[0].length];
            for (int i = 0; i < rows.length; i++) {
                System.arraycopy(rows[i], 0, all, i * rows[0].length, rows[0].length);
            }
            return all;
        } catch (OrtException wrong) {
            throw new AssertionError(wrong);
        }
    }

    /** The file's metadata. */
    public Map<String, String> metadata() {
        try {
            return session.getMetadata().getCustomMetadata();
        } catch (OrtException wrong) {
            throw new AssertionError(wrong);
        }
    }

    /** The shape of the input, -1 for any. */
    public String inputShape() {
        try {
            return Arrays.toString(((TensorInfo) session.getInputInfo().get("input").getInfo()).getShape());
        } catch (OrtException wrong) {
            throw new AssertionError(wrong);
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException wrong) {
            throw new AssertionError(wrong);
        }
    }
}
