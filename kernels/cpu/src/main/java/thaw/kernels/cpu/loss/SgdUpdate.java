package thaw.kernels.cpu.loss;

import static thaw.kernels.cpu.memory.Memory.cpu;

import java.util.List;
import thaw.kernels.Array;
import thaw.kernels.SgdOps;
import thaw.kernels.cpu.memory.CpuArray;
import thaw.kernels.cpu.memory.Memory;
import thaw.kernels.cpu.parallel.Workers;

/** One step of SGD over all parameters of a group, as a single job in chunks of about equal size. */
public final class SgdUpdate implements SgdOps {

    private static final int CHUNK = 1 << 14;

    private final Memory memory;
    private final Workers workers;

    public SgdUpdate(Memory memory, Workers workers) {
        this.memory = memory;
        this.workers = workers;
    }

    @Override
    public void sgd(SgdOps.Options options, List<Array> parameters, List<Array> gradients, List<Array> buffers, boolean[] first,
            Array foundInf) {
        if (foundInf != null && cpu(foundInf).data()[0] != 0) {
            return;
        }
        int count = parameters.size();
        CpuArray[] g = new CpuArray[count];
        int[] firstItem = new int[count + 1];
        for (int i = 0; i < count; i++) {
            CpuArray p = cpu(parameters.get(i));
            g[i] = memory.as(p, gradients.get(i));
            firstItem[i + 1] = firstItem[i] + (p.length() + CHUNK - 1) / CHUNK;
        }
        workers.run(firstItem[count], item -> {
            int i = parameterOf(item, firstItem);
            CpuArray p = cpu(parameters.get(i));
            int from = (item - firstItem[i]) * CHUNK;
            int to = Math.min(p.length(), from + CHUNK);
            float[] buffer = options.momentum() == 0 ? null : cpu(buffers.get(i)).data();
            update(options, p.data(), g[i].data(), buffer, buffer != null && first[i], from, to);
        });
        for (int i = 0; i < count; i++) {
            g[i].release();
            parameters.get(i).storage().changed();
            if (options.momentum() != 0) {
                buffers.get(i).storage().changed();
            }
        }
    }

    private static int parameterOf(int item, int[] firstItem) {
        int low = 0;
        int high = firstItem.length - 1;
        while (low + 1 < high) {
            int middle = (low + high) >>> 1;
            if (firstItem[middle] <= item) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static void update(SgdOps.Options o, float[] p, float[] g, float[] b, boolean first, int from, int to) {
        float sign = o.maximize() ? -1 : 1;
        float lr = (float) o.lr();
        float decay = (float) o.weightDecay();
        float momentum = (float) o.momentum();
        float take = (float) (1 - o.dampening());
        if (b == null) {
            for (int i = from; i < to; i++) {
                p[i] -= lr * (sign * g[i] + decay * p[i]);
            }
            return;
        }
        if (first) {
            for (int i = from; i < to; i++) {
                b[i] = sign * g[i] + decay * p[i];
            }
        } else {
            for (int i = from; i < to; i++) {
                b[i] = momentum * b[i] + take * (sign * g[i] + decay * p[i]);
            }
        }
        if (o.nesterov()) {
            for (int i = from; i < to; i++) {
                p[i] -= lr * (sign * g[i] + decay * p[i] + momentum * b[i]);
            }
        } else {
            for (int i = from; i < to; i++) {
                p[i] -= lr * b[i];
            }
        }
    }
}
