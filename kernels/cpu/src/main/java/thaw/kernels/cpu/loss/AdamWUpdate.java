package thaw.kernels.cpu.loss;

import static thaw.kernels.cpu.memory.Memory.cpu;

import java.util.List;
import thaw.kernels.AdamWOps;
import thaw.kernels.Array;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.parallel.Workers;

/** One step of AdamW over all parameters of a group; see {@link thaw.kernels.Backend#adamW}. */
public final class AdamWUpdate implements AdamWOps {

    private static final int CHUNK = 1 << 14;

    private final Memory memory;
    private final Workers workers;

    public AdamWUpdate(Memory memory, Workers workers) {
        this.memory = memory;
        this.workers = workers;
    }

    @Override
    public void adamW(AdamWOps.Options options, List<Array> parameters, List<Array> gradients, List<Array> firstMoments,
            List<Array> secondMoments, long[] steps, Array foundInf) {
        if (foundInf != null && cpu(foundInf).data()[0] != 0) {
            return;
        }
        for (int i = 0; i < steps.length; i++) {
            CpuArray p = cpu(parameters.get(i));
            CpuArray g = memory.as(p, gradients.get(i));
            CpuArray m = cpu(firstMoments.get(i));
            CpuArray v = cpu(secondMoments.get(i));
            double correction1 = 1 - Math.pow(options.beta1(), steps[i]);
            double correction2 = 1 - Math.pow(options.beta2(), steps[i]);
            workers.run((p.length() + CHUNK - 1) / CHUNK, item -> update(options, correction1, correction2, p.data(), g.data(),
                    m.data(), v.data(), item * CHUNK, Math.min(p.length(), (item + 1) * CHUNK)));
            g.release();
            p.storage().changed();
            m.storage().changed();
            v.storage().changed();
        }
    }

    /** One chunk, with the factors combined: {@code p ← p·(1 − lr·decay) − rate·m / (√v·root + eps)}. */
    private static void update(AdamWOps.Options o, double correction1, double correction2, float[] p, float[] g, float[] m, float[] v,
            int from, int to) {
        float sign = o.maximize() ? -1 : 1;
        float keep = (float) (1 - o.lr() * o.weightDecay());
        float beta1 = (float) o.beta1();
        float beta2 = (float) o.beta2();
        float take1 = (float) (1 - o.beta1());
        float take2 = (float) (1 - o.beta2());
        float rate = (float) (o.lr() / correction1);
        float root = (float) (1 / Math.sqrt(correction2));
        float eps = (float) o.eps();
        for (int i = from; i < to; i++) {
            float gradient = sign * g[i];
            m[i] = beta1 * m[i] + take1 * gradient;
            v[i] = beta2 * v[i] + take2 * gradient * gradient;
        }
        for (int i = from; i < to; i++) {
            p[i] = p[i] * keep - rate * m[i] / ((float) Math.sqrt(v[i]) * root + eps);
        }
    }
}
