package thaw.finetune.insight;

import java.util.List;

/**
 * What the layer groups did in an epoch.
 *
 * @param epoch  of the running phase, from 1
 * @param epochs that the running phase has
 * @param groups in order
 */
public record EpochActivity(int epoch, int epochs, List<GroupActivity> groups) {
    public EpochActivity {
        groups = List.copyOf(groups);
    }
}
