package thaw.kernels.cpu;

import static thaw.kernels.cpu.Memory.cpu;

import thaw.kernels.Array;
import thaw.kernels.Epilogue;

/** An {@link Epilogue} as a pass of its own, for kernels that don't have it built in. */
final class EpiloguePass {

    private final Memory memory;
    private final Workers workers;

    EpiloguePass(Memory memory, Workers workers) {
        this.memory = memory;
        this.workers = workers;
    }

    /** In place: {@code y = act(scale[c]·y + shift[c] + residual)}, for {@code y [N, C, …]} of rank 2 or 4. */
    void apply(CpuArray y, Epilogue e) {
        if (e.scale() == null && e.shift() == null && e.residual() == null && !e.relu()) {
            return;
        }
        int lanes = y.isRowMajor() ? 1 : memory.block();
        int channels = y.shape().dim(1);
        int blocks = CpuArray.channelBlocks(channels, lanes);
        int size = y.length() / y.shape().dim(0) / blocks;
        float[] scale = e.scale() == null ? null : cpu(e.scale()).data();
        float[] shift = e.shift() == null ? null : cpu(e.shift()).data();
        CpuArray residual = e.residual() == null ? null : memory.as(y, e.residual());
        float[] r = residual == null ? null : residual.data();
        float[] data = y.data();
        workers.run(y.shape().dim(0) * blocks, unit -> {
            int from = unit * size;
            for (int lane = 0; lane < lanes; lane++) {
                int c = unit % blocks * lanes + lane;
                float a = c >= channels || scale == null ? 1 : scale[c];
                float b = c >= channels || shift == null ? 0 : shift[c];
                for (int i = from + lane; i < from + size; i += lanes) {
                    float v = a * data[i] + b + (r == null ? 0 : r[i]);
                    data[i] = e.relu() ? Math.max(v, 0) : v;
                }
            }
        });
        if (residual != null) {
            residual.release();
        }
    }
}
