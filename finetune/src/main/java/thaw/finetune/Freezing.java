package thaw.finetune;

import java.util.List;
import thaw.resnet.Grain;
import thaw.resnet.LayerGroup;
import thaw.resnet.ResNet;

/** Which of a network's layer groups are trained: the last ones, from some group on. */
final class Freezing {

    private final ResNet net;
    private Grain grain = Grain.COARSE;
    private int n;

    Freezing(ResNet net) {
        this.net = net;
    }

    void grain(Grain grain) {
        this.grain = grain;
    }

    Grain grain() {
        return grain;
    }

    List<LayerGroup> groups() {
        return net.groups(grain);
    }

    List<String> names() {
        return groups().stream().map(LayerGroup::name).toList();
    }

    /** Trains what Python's slice {@code groups[n:]} has. */
    void to(int n, FrozenBatchNorm batchNorm) {
        this.n = n;
        requireGradients(batchNorm);
    }

    /** The first trained group, as an index from 0; the number of groups if all are frozen. */
    int first() {
        return first(n);
    }

    /** The same for another slice. */
    int first(int slice) {
        int count = groups().size();
        return slice < 0 ? Math.max(0, count + slice) : Math.min(slice, count);
    }

    void requireGradients(FrozenBatchNorm batchNorm) {
        List<LayerGroup> groups = groups();
        for (int i = 0; i < groups.size(); i++) {
            LayerGroup group = groups.get(i);
            group.requiresGrad(i >= first());
            if (batchNorm == FrozenBatchNorm.TRAIN) {
                group.batchNormParameters().forEach(p -> p.requiresGrad(true));
            }
        }
    }

    /** Puts the network into the modes of training. */
    void trainingModes(FrozenBatchNorm batchNorm) {
        net.train();
        groups().subList(0, first()).forEach(group -> group.train(batchNorm != FrozenBatchNorm.EVAL));
    }

    /** @throws IllegalArgumentException if nothing is trained */
    void requireTrainable() {
        if (first() == groups().size()) {
            throw new IllegalArgumentException("all layer groups are frozen: " + names()
                    + "; call unfreeze(), or freezeTo(-1) to train the head");
        }
    }
}
