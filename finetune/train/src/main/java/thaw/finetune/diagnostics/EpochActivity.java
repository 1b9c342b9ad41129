package thaw.finetune.diagnostics;

import java.util.List;

/**
 * The measurements of all layer groups in an epoch.
 *
 * @param epoch  number of the epoch in the run, from 1, as in the log and the report
 * @param epochs number of epochs of the run
 * @param groups one entry for each layer group, in order
 */
public record EpochActivity(int epoch, int epochs, List<GroupActivity> groups) {
    /** Copies the list. */
    public EpochActivity {
        groups = List.copyOf(groups);
    }
}
