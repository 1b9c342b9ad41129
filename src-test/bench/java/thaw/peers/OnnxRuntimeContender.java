package thaw.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;

/** ONNX Runtime, with all optimizations of its graphs; it only predicts. */
final class OnnxRuntimeContender {

    private OnnxRuntimeContender() {
    }

    public static void main(String[] args) throws Exception {
        Contender contender = Contender.of(args);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(contender.threads());
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            String file = contender.folder().resolve(contender.arch() + ".onnx").toString();
            try (OrtSession session = environment.createSession(file, options)) {
                float[] images = contender.images();
                FloatBuffer buffer = ByteBuffer.allocateDirect(Float.BYTES * images.length).order(ByteOrder.nativeOrder())
                        .asFloatBuffer();
                long[] shape = {contender.batch(), 3, contender.size(), contender.size()};
                contender.converse(() -> {
                    buffer.clear().put(images).flip();
                    try (OnnxTensor x = OnnxTensor.createTensor(environment, buffer, shape);
                            OrtSession.Result result = session.run(Map.of("images", x))) {
                        return ((float[][]) result.get(0).getValue())[0];
                    }
                });
            }
        }
    }
}
