package thaw.finetune.serve;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Reads the images in requests' bodies, within the limits of length and time. Thread-safe. */
final class RequestBody implements AutoCloseable {

    private static final int LATE = 408;
    private static final int MOST_DIGITS = 10;

    private final ServerLimits limits;
    private final Executor threads;
    /** Ends requests whose bodies are late. */
    private final ScheduledExecutorService clock;

    /** @param threads run what may wait for a client */
    RequestBody(ServerLimits limits, Executor threads) {
        this.limits = limits;
        this.threads = threads;
        clock = Executors.newSingleThreadScheduledExecutor(work -> {
            Thread thread = new Thread(work, "thaw-serve-clock");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * The images of a request: the files of a form, or the whole body. At least one.
     *
     * @throws HttpError   if the body is none, too long, or of another type
     * @throws IOException if the client has gone, or was refused because the body was late
     */
    List<Multipart.File> files(HttpExchange exchange) throws IOException {
        String type = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Content-Type")).orElse("application/octet-stream");
        String kind = type.toLowerCase(Locale.ROOT);
        if (kind.startsWith("multipart/form-data")) {
            try {
                List<Multipart.File> files = Multipart.files(type, read(exchange));
                if (files.isEmpty()) {
                    throw new HttpError(400, "expected at least one file in the form");
                }
                return files;
            } catch (IllegalArgumentException malformed) {
                throw new HttpError(400, malformed.getMessage());
            }
        }
        if (!kind.startsWith("image/") && !kind.startsWith("application/octet-stream")
                && !kind.startsWith("application/x-www-form-urlencoded")) {
            throw new HttpError(415,
                    "Content-Type: expected an image's, application/octet-stream or multipart/form-data, got '" + type + "'");
        }
        byte[] body = read(exchange);
        if (body.length == 0) {
            throw new HttpError(400, "expected an image in the body, which is empty");
        }
        return List.of(new Multipart.File("image", body));
    }

    private byte[] read(HttpExchange exchange) throws IOException {
        String stated = exchange.getRequestHeaders().getFirst("Content-Length");
        if (stated == null) {
            throw new HttpError(411, "expected a Content-Length; bodies of unknown length are not read");
        }
        if (stated.length() > MOST_DIGITS || Long.parseLong(stated) > limits.maxBody()) {
            throw new HttpError(413, "the body of " + stated + " bytes is larger than " + limits.maxBody());
        }
        int length = Integer.parseInt(stated);
        ScheduledFuture<?> deadline = clock.schedule(() -> threads.execute(() -> refuseLate(exchange)), limits.time().toMillis(),
                TimeUnit.MILLISECONDS);
        byte[] body;
        try {
            // Grows with what has arrived, not with what was promised.
            body = exchange.getRequestBody().readNBytes(length);
        } finally {
            deadline.cancel(false);
        }
        if (isLate(exchange)) {
            throw new IOException("the body came too late");
        }
        if (body.length < length) {
            throw new HttpError(400, "the body ends after " + body.length + " of " + length + " bytes");
        }
        return body;
    }

    /** Whether a request was refused because its body was late. */
    static boolean isLate(HttpExchange exchange) {
        return exchange.getResponseCode() == LATE;
    }

    /** Answers on another thread than that which waits for the body, and ends its wait by closing the connection. */
    private static void refuseLate(HttpExchange exchange) {
        try (exchange) {
            exchange.getResponseHeaders().set("Connection", "close");
            exchange.sendResponseHeaders(LATE, -1);
        } catch (IOException gone) {
            // The client has gone and needs no answer.
            return;
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
