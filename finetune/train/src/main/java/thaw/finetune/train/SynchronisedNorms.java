package thaw.finetune.train;

import org.jspecify.annotations.Nullable;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.functional.StatisticsExchange;
import thaw.engine.nn.BatchNorm2d;
import thaw.finetune.distributed.ProcessGroup;
import thaw.kernels.Shape;
import thaw.resnet.Network;

/**
 * The rounds of a step on several workers. In a round each worker runs a batch forward and backward, at the same time as the others, and
 * batch norms normalise by all of these batches. Workers may have unequal numbers of batches, because an epoch ends or images cannot be
 * read: a worker without a batch in a round runs a stand-in, which takes part in the norms' sums with zeros. With
 * {@link NormStatistics#LOCAL}, or one worker, a round is a batch, and nothing else.
 */
final class SynchronisedNorms {

    private final ProcessGroup workers;
    private final Network net;
    private final boolean synchronised;

    SynchronisedNorms(ProcessGroup workers, Network net, NormStatistics statistics) {
        this.workers = workers;
        this.net = net;
        this.synchronised = statistics == NormStatistics.SYNCHRONISED && !workers.isAlone();
    }

    /** Whether norms in training mode have the same running statistics on all workers after each round. */
    boolean areSynchronised() {
        return synchronised;
    }

    /**
     * Begins a round, if there is one; norms are local between steps.
     *
     * @param hasBatch whether this worker has a batch for it
     * @return whether any worker has one
     */
    boolean begin(boolean hasBatch) {
        if (!synchronised) {
            return hasBatch;
        }
        boolean any = workers.any(hasBatch);
        exchange(any ? new Round(workers, hasBatch) : null);
        return any;
    }

    /** Makes norms local, if a round has failed. */
    void end() {
        if (synchronised) {
            exchange(null);
        }
    }

    private void exchange(@Nullable StatisticsExchange exchange) {
        net.namedModules().values().stream().filter(BatchNorm2d.class::isInstance).map(BatchNorm2d.class::cast)
                .forEach(norm -> norm.synchronise(exchange));
    }

    /** Runs a worker's part of a round for which it has no batch; gradients stay as they are. */
    void standIn(int side) {
        Device device = net.device();
        try (Scope scope = device.scope()) {
            net.call(device.zeros(Shape.of(1, 3, side, side))).mul(0).sum().backward();
        }
    }

    /** A round, for a worker with a batch in it or without. */
    record Round(ProcessGroup workers, boolean hasImages) implements StatisticsExchange {
        @Override
        public void sum(double[] values) {
            float[] sent = new float[values.length];
            for (int i = 0; i < sent.length; i++) {
                sent[i] = (float) values[i];
            }
            workers.allReduce(sent);
            for (int i = 0; i < sent.length; i++) {
                values[i] = sent[i];
            }
        }
    }
}
