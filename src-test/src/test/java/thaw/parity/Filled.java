package thaw.parity;

import java.nio.charset.StandardCharsets;
import thaw.engine.nn.Module;
import thaw.kernels.Shape;
import thaw.kernels.SplitMix64;

/** Weights by a formula that gives the same numbers in every language, so that networks are compared without weight files. */
public final class Filled {

    private Filled() {
    }

    /** Numbers in [−1, 1): the top 24 bits of splitmix64 of (FNV-1a of the name + i). */
    public static float[] fill(String name, int n) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) ((SplitMix64.hash(hash + i) >>> 40) / 8388608.0 - 1);
        }
        return values;
    }

    /** Fills a ResNet's state: weights in Kaiming's range, scales about 1, but about 0.2 for the last scale of each block. */
    public static void fill(Module net, boolean bottleneck) {
        String last = bottleneck ? ".bn3." : ".bn2.";
        net.namedParameters().forEach((name, t) -> t.set(scaled(name, t.shape(), last)));
        net.namedBuffers().forEach((name, t) -> t.set(scaled(name, t.shape(), last)));
    }

    private static float[] scaled(String name, Shape shape, String last) {
        float[] u = fill(name, shape.size());
        double scale = 0.1;
        double offset = 0;
        if (name.endsWith("running_var")) {
            for (int i = 0; i < u.length; i++) {
                u[i] = Math.abs(u[i]);
            }
            offset = 1;
            scale = 0.5;
        } else if (shape.rank() > 2) {
            scale = Math.sqrt(6.0 / (shape.size() / shape.dim(0)));
        } else if (shape.rank() == 2) {
            scale = 1 / Math.sqrt(shape.dim(1));
        } else if (name.endsWith("weight")) {
            offset = name.contains(last) ? 0.2 : 1;
            scale = name.contains(last) ? 0.02 : 0.1;
        }
        for (int i = 0; i < u.length; i++) {
            u[i] = (float) (offset + scale * u[i]);
        }
        return u;
    }
}
