package thaw.finetune.cli;

import java.util.function.Supplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar on standard error while that is a terminal; nothing where it isn't. */
final class Progress implements AutoCloseable {

    private static final int INTERVAL_MILLIS = 200;

    private final int width = Terminal.width();
    private ProgressBar bar;
    private String shown;
    private long lastWords;

    /** Shows that {@code done} of {@code all} steps of a task are done; another task's bar takes the place of the last one's. */
    void step(String task, long done, long all) {
        step(task, done, all, () -> "");
    }

    /**
     * As {@link #step(String, long, long)}, with a few words at the bar's end.
     *
     * @param words asked for no more often than the bar is drawn, as they may take waiting for a device
     */
    void step(String task, long done, long all, Supplier<String> words) {
        if (width == 0) {
            return;
        }
        if (!task.equals(shown)) {
            close();
            shown = task;
            lastWords = System.nanoTime() - INTERVAL_MILLIS * 1_000_000L;
            // Told the width, the library needn't load native code to find it out.
            bar = new ProgressBarBuilder().setTaskName(task).setInitialMax(all).setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(INTERVAL_MILLIS).clearDisplayOnFinish().setConsumer(new OneLine(width - 1)).build();
        }
        long now = System.nanoTime();
        if (now - lastWords >= INTERVAL_MILLIS * 1_000_000L) {
            bar.setExtraMessage(words.get());
            lastWords = now;
        }
        bar.stepTo(done);
    }

    /** What is printed next takes the bar's place; the library would begin a new line for it. */
    private static final class OneLine extends ConsoleProgressBarConsumer {

        OneLine(int length) {
            super(System.err, length);
        }

        @Override
        public void close() {
            System.err.print('\r');
            System.err.flush();
        }
    }

    /** Takes the bar away. */
    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
            shown = null;
        }
    }
}
