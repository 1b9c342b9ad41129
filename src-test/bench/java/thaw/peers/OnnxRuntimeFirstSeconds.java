package thaw.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Random;

/** A service that predicts by ONNX Runtime, with the options that it has by itself. */
final class OnnxRuntimeFirstSeconds {

    private static final int SIZE = 224;

    private OnnxRuntimeFirstSeconds() {
    }

    /** @param args callers and seconds, and an ONNX file */
    public static void main(String[] args) throws Exception {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        float[] image = new float[3 * SIZE * SIZE];
        Random random = new Random(0);
        for (int i = 0; i < image.length; i++) {
            image[i] = (float) random.nextGaussian();
        }
        long[] shape = {1, 3, SIZE, SIZE};
        try (OrtSession session = environment.createSession(args[2])) {
            FirstSeconds.of(args).run(() -> {
                try (OnnxTensor x = OnnxTensor.createTensor(environment, FloatBuffer.wrap(image), shape);
                        OrtSession.Result result = session.run(Map.of("images", x))) {
                    return ((float[][]) result.get(0).getValue())[0];
                }
            });
        }
    }
}
