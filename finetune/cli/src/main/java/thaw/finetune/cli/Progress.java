package thaw.finetune.cli;

import java.util.function.Supplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A progress bar on standard error; nothing if standard error is not a terminal. */
final class Progress implements AutoCloseable {

    private static final int INTERVAL_MILLIS = 200;

    private final int width = Terminal.width();
    private @Nullable ProgressBar bar;
    private @Nullable String shown;
    private long lastWords;

    /** Shows {@code done} of {@code all} steps of a task; a new task's bar replaces the previous one. */
    void step(String task, long done, long all) {
        step(task, done, all, () -> "");
    }

    /**
     * Like {@link #step(String, long, long)}, with a text at the bar's end.
     *
     * @param words evaluated no more often than the bar is drawn, because it may wait for a device
     */
    void step(String task, long done, long all, Supplier<String> words) {
        if (width == 0) {
            return;
        }
        if (!task.equals(shown)) {
            close();
            shown = task;
            lastWords = System.nanoTime() - INTERVAL_MILLIS * 1_000_000L;
            // With an explicit width, the library loads no native code to determine it.
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

    /** A bar on one line, which the next output overwrites; the library itself would begin a new line. */
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

    /** Removes the bar. */
    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
            shown = null;
        }
    }
}
