package thaw.finetune.augment;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonSubTypes.Type;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.SplittableRandom;

/**
 * Mixes the images of a batch with each other, and their targets in the same proportion. Because cross-entropy is linear in its
 * target, the loss on mixed targets is the mixture of the losses. Implementations are immutable and thread-safe.
 *
 * <p>The settings of a run folder are text: they record the mixes of this package, with the record's name as "type", and refuse
 * others, which are given to a {@code Learner} in code.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({@Type(Mixup.class), @Type(CutMix.class)})
public interface BatchMix {
    /**
     * Mixes images and targets in place.
     *
     * @param images  {@code [N, 3, side, side]}
     * @param targets {@code [N, C]}, probabilities or 0 and 1
     * @param order   a permutation of 0 to N - 1: image {@code i} is mixed with image {@code order[i]}
     */
    void apply(float[] images, float[] targets, int side, int[] order, SplittableRandom random);
}
