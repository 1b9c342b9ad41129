package thaw.finetune.cli;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar on standard error while that is a terminal; nothing where it isn't. */
final class Progress {

    private final int width = Terminal.width();
    private ProgressBar bar;

    /** Shows that {@code done} of {@code all} steps of a task are done; the first call for a task starts its bar. */
    void step(String task, long done, long all) {
        if (width == 0) {
            return;
        }
        if (bar == null) {
            // Told the width, the library needn't load native code to find it out.
            bar = new ProgressBarBuilder().setTaskName(task).setInitialMax(all).setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(200).clearDisplayOnFinish()
                    .setConsumer(new ConsoleProgressBarConsumer(System.err, width - 1)).build();
        }
        bar.stepTo(done);
    }

    /** Takes the bar away. */
    void clear() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
