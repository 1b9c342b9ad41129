package thaw.kernels.cpu;

import static thaw.kernels.cpu.Memory.cpu;

import java.util.Arrays;
import thaw.kernels.Array;
import thaw.kernels.Epilogue;

/** An {@link Epilogue} as a pass of its own, for kernels that don't have it built in. */
final class EpiloguePass {

    private final Memory memory;
    private final Workers workers;
    private final LaneLoops plain = new PlainLaneLoops();
    private final LaneLoops blocked;

    EpiloguePass(Memory memory, Workers workers) {
        this.memory = memory;
        this.workers = workers;
        this.blocked = memory.block() == 1 ? plain : new VectorLaneLoops();
    }

    /** In place: {@code y = act(scale[c]·y + shift[c] + residual)}, for {@code y [N, C, …]} of rank 2 or 4. */
    void apply(CpuArray y, Epilogue e) {
        if (e.scale() == null && e.shift() == null && e.residual() == null && !e.relu()) {
            return;
        }
        LaneLoops loops = y.isRowMajor() ? plain : blocked;
        int lanes = loops.lanes();
        int channels = y.shape().dim(1);
        int blocks = CpuArray.channelBlocks(channels, lanes);
        int size = y.length() / y.shape().dim(0) / blocks;
        float[] mean = constant(0, blocks * lanes);
        float[] scale = perChannel(e.scale(), 1, blocks * lanes);
        float[] shift = perChannel(e.shift(), 0, blocks * lanes);
        float floor = e.relu() ? 0 : Float.NEGATIVE_INFINITY;
        CpuArray residual = e.residual() == null ? null : memory.as(y, e.residual());
        float[] r = residual == null ? null : residual.data();
        float[] data = y.data();
        workers.run(y.shape().dim(0) * blocks, unit -> {
            int at = unit * size;
            int block = unit % blocks * lanes;
            if (r == null) {
                loops.normalize(data, at, size / lanes, mean, scale, shift, block, floor, data, at);
            } else {
                loops.normalizeAndAdd(data, at, size / lanes, mean, scale, shift, block, r, floor, data, at);
            }
        });
        if (residual != null) {
            residual.release();
        }
        memory.pool().give(mean);
        memory.pool().give(scale);
        memory.pool().give(shift);
    }

    private float[] perChannel(Array numbers, float otherwise, int length) {
        return numbers == null ? constant(otherwise, length) : memory.padded(numbers, length);
    }

    private float[] constant(float value, int length) {
        float[] numbers = memory.pool().take(length);
        Arrays.fill(numbers, 0, length, value);
        return numbers;
    }
}
