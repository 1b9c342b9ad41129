package thaw.finetune.serve;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts the answers of a server, for Prometheus. Thread-safe. */
final class ServerMetrics {

    private final Map<Integer, LongAdder> answers = new ConcurrentSkipListMap<>();
    private final LongAdder nanos = new LongAdder();

    void count(int status, long nanoseconds) {
        answers.computeIfAbsent(status, s -> new LongAdder()).increment();
        nanos.add(nanoseconds);
    }

    /** @param running the requests that are being answered */
    String text(int running, Map<String, RequestBatcher> models) {
        StringBuilder text = new StringBuilder("# TYPE thaw_requests_total counter\n");
        answers.forEach((status, count) -> text.append("thaw_requests_total{status=\"").append(status).append("\"} ").append(count.sum())
                .append('\n'));
        text.append("# TYPE thaw_request_seconds_total counter\nthaw_request_seconds_total ").append(nanos.sum() / 1e9)
                .append("\n# TYPE thaw_requests_running gauge\nthaw_requests_running ").append(running)
                .append("\n# TYPE thaw_images_total counter\n");
        models.forEach((name, batcher) -> text.append("thaw_images_total{model=\"").append(label(name)).append("\"} ")
                .append(batcher.images()).append('\n'));
        text.append("# TYPE thaw_batches_total counter\n");
        models.forEach((name, batcher) -> text.append("thaw_batches_total{model=\"").append(label(name)).append("\"} ")
                .append(batcher.batches()).append('\n'));
        return text.toString();
    }

    private static String label(String name) {
        return name.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
