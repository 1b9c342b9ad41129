package thaw.finetune.serve;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.images.ImageSource;
import thaw.finetune.images.RgbImage;
import thaw.finetune.predict.ClassProbability;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.ClassifierOptions;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.predict.NotEnoughMemoryException;
import thaw.finetune.predict.Outcome;
import thaw.finetune.predict.Prediction;
import thaw.finetune.report.Overlay;
import thaw.resnet.visualize.Heatmap;

/**
 * Serves models over HTTP: a page to try them, {@code POST /predict}, {@code POST /heat}, {@code GET /health}, {@code GET /metrics} in
 * Prometheus' format, and {@code GET /openapi.json}. Images of concurrent requests are computed together. No file of the machine is read
 * by a request. On a loopback address only requests to a loopback name are answered, so that a web page elsewhere cannot reach the server
 * through a name of its own; on any other address each request but {@code /health} needs the token.
 *
 * <p>The JDK's server waits for the end of a request that was refused; its property {@code sun.net.httpserver.maxReqTime}, in seconds,
 * bounds that wait, and {@code sun.net.httpserver.nodelay=true} sends an answer's head and body without a pause of 40 ms between them.
 * {@code thaw serve} sets both.
 */
public final class ModelServer implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** Counted for requests whose client ended the connection. */
    private static final int CLIENT_GONE = 499;
    private static final int SHOWN = 5;
    private static final List<String> PATHS = List.of("/", "/predict", "/heat", "/models", "/health", "/metrics", "/openapi.json");

    /** A model by the name in the page and in {@code /predict?model=}. */
    private record Served(Classifier classifier, RequestBatcher batcher) {
    }

    /**
     * An image of a request.
     *
     * @param square the image as the model takes it; null if it cannot be read
     * @param error  the reason; null if it can
     */
    private record Decoded(@Nullable RgbImage square, @Nullable String error) {
    }

    private final HttpServer server;
    private final ExecutorService threads;
    private final Map<String, Served> models = new LinkedHashMap<>();
    private final ServerLimits limits;
    private final Optional<String> token;
    private final RequestBody bodies;
    private final AtomicInteger running = new AtomicInteger();
    private final Map<String, Integer> byClient = new ConcurrentHashMap<>();
    private final ServerMetrics metrics = new ServerMetrics();

    /**
     * Starts to serve.
     *
     * @param files       the models by name; the first is the default
     * @param options     of their classifiers, which the server closes
     * @param address     port 0 for any free one
     * @param token       that requests must carry, if the address is not a loopback one
     * @throws IllegalArgumentException if there is no model, or no token for an address that others can reach
     * @throws IOException              if the address cannot be bound
     */
    public ModelServer(Map<String, ModelFile> files, ClassifierOptions options, InetSocketAddress address, Optional<String> token,
            ServerLimits limits) throws IOException {
        if (files.isEmpty()) {
            throw new IllegalArgumentException("models: expected at least one");
        }
        if (token.isEmpty() && !address.getAddress().isLoopbackAddress()) {
            throw new IllegalArgumentException("token: expected one, because others can reach " + address.getAddress().getHostAddress());
        }
        this.limits = limits;
        this.token = token;
        server = HttpServer.create(address, 0);
        // Reads requests that will be refused too, so that their clients get an answer.
        threads = new ThreadPoolExecutor(0, 4 * limits.concurrent() + 8, 1, TimeUnit.SECONDS, new SynchronousQueue<>(),
                ModelServer::thread);
        bodies = new RequestBody(limits, threads);
        server.setExecutor(threads);
        files.forEach((name, file) -> {
            Classifier classifier = Classifier.of(file, options.batch(limits.batch()));
            models.put(name, new Served(classifier, new RequestBatcher(classifier, limits)));
        });
        server.createContext("/", this::answer);
        server.start();
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "thaw-serve");
        thread.setDaemon(true);
        return thread;
    }

    /** The port that is served. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** Ends the server after the requests that are being answered, for which it waits at most a second. */
    @Override
    public void close() {
        server.stop(1);
        threads.shutdownNow();
        bodies.close();
        models.values().forEach(model -> model.batcher.close());
        models.values().forEach(model -> model.classifier.close());
    }

    // ---- a request ---------------------------------------------------------------------------------------------------

    private void answer(HttpExchange exchange) throws IOException {
        long began = System.nanoTime();
        int status = 500;
        try (exchange) {
            try {
                requireAllowed(exchange);
                status = route(exchange);
            } catch (HttpError refused) {
                status = refused.status();
                if (status == 503 || status == 429) {
                    exchange.getResponseHeaders().set("Retry-After", "1");
                }
                if (status == 401) {
                    exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
                }
                send(exchange, status, "application/json", JSON.writeValueAsBytes(Map.of("error", refused.getMessage())));
            } catch (IOException gone) {
                status = RequestBody.isLate(exchange) ? 408 : CLIENT_GONE;
            } catch (RuntimeException | Error unexpected) {
                send(exchange, 500, "application/json", JSON.writeValueAsBytes(Map.of("error", "the server failed: " + unexpected)));
            }
        } finally {
            metrics.count(status, System.nanoTime() - began);
        }
    }

    private int route(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String method = exchange.getRequestMethod();
        if (!PATHS.contains(path)) {
            throw new HttpError(404, "there is no " + path + "; there are " + String.join(", ", PATHS));
        }
        String expected = path.equals("/predict") || path.equals("/heat") ? "POST" : "GET";
        if (!method.equals(expected) && !(method.equals("HEAD") && expected.equals("GET"))) {
            exchange.getResponseHeaders().set("Allow", expected);
            throw new HttpError(405, path + " takes " + expected + ", not " + method);
        }
        return switch (path) {
            case "/" -> {
                exchange.getResponseHeaders().set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'; style-src"
                        + " 'unsafe-inline'; img-src blob: data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'");
                yield send(exchange, 200, "text/html; charset=utf-8", resource("serve.html"));
            }
            case "/predict" -> limited(exchange, () -> predict(exchange));
            case "/heat" -> limited(exchange, () -> heat(exchange));
            case "/models" -> send(exchange, 200, "application/json", JSON.writeValueAsBytes(models.keySet()));
            case "/health" -> health(exchange);
            case "/metrics" -> send(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", metrics().getBytes(StandardCharsets.UTF_8));
            default -> send(exchange, 200, "application/json", resource("openapi.json"));
        };
    }

    private interface Answer {
        int run() throws IOException;
    }

    private int limited(HttpExchange exchange, Answer answer) throws IOException {
        String client = exchange.getRemoteAddress().getAddress().getHostAddress();
        if (running.incrementAndGet() > limits.concurrent()) {
            running.decrementAndGet();
            throw new HttpError(503, "busy with " + limits.concurrent() + " requests; try again");
        }
        try {
            if (byClient.merge(client, 1, Integer::sum) > limits.perClient()) {
                throw new HttpError(429, limits.perClient() + " requests of " + client + " are being answered; try again");
            }
            return answer.run();
        } finally {
            byClient.computeIfPresent(client, (c, count) -> count == 1 ? null : count - 1);
            running.decrementAndGet();
        }
    }

    private void requireAllowed(HttpExchange exchange) {
        if (token.isEmpty()) {
            String host = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Host")).orElse("").replaceFirst(":\\d+$", "");
            if (!List.of("localhost", "127.0.0.1", "[::1]").contains(host.toLowerCase(Locale.ROOT))) {
                throw new HttpError(403, "Host: expected localhost, 127.0.0.1 or [::1], got '" + host + "'");
            }
            return;
        }
        if (exchange.getRequestURI().getPath().equals("/health")) {
            return;
        }
        String given = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization"))
                .filter(header -> header.startsWith("Bearer ")).map(header -> header.substring("Bearer ".length()))
                .orElse(query(exchange).getOrDefault("token", ""));
        if (!MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), token.get().getBytes(StandardCharsets.UTF_8))) {
            throw new HttpError(401, "expected the server's token, as 'Authorization: Bearer TOKEN' or ?token=TOKEN");
        }
    }

    private static Map<String, String> query(HttpExchange exchange) {
        Map<String, String> found = new LinkedHashMap<>();
        String query = Optional.ofNullable(exchange.getRequestURI().getRawQuery()).orElse("");
        for (String pair : query.split("&")) {
            String[] parts = pair.split("=", 2);
            if (parts.length == 2) {
                found.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
            }
        }
        return found;
    }

    // ---- predictions -------------------------------------------------------------------------------------------------

    private int predict(HttpExchange exchange) throws IOException {
        Served model = model(exchange);
        int top = top(exchange);
        List<Multipart.File> files = bodies.files(exchange);
        List<Decoded> images = files.stream().map(file -> decoded(model, file)).toList();
        List<CompletableFuture<Outcome>> outcomes = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            outcomes.add(images.get(i).square == null ? null
                    : model.batcher.submit(ImageSource.ofSquare(images.get(i).square, files.get(i).name())));
        }
        ObjectNode json = JSON.createObjectNode();
        ArrayNode predictions = json.putArray("predictions");
        String broken = null;
        for (int i = 0; i < files.size(); i++) {
            ObjectNode one = predictions.addObject().put("image", files.get(i).name());
            String error = outcomes.get(i) == null ? images.get(i).error : write(await(outcomes.get(i)), top, one);
            if (error != null) {
                one.put("error", error);
                broken = error;
            }
        }
        if (broken != null && files.size() == 1) {
            throw new HttpError(415, broken);
        }
        return send(exchange, 200, "application/json", JSON.writeValueAsBytes(json));
    }

    private Decoded decoded(Served model, Multipart.File file) {
        try {
            ImageSource image = ImageSource.of(file.bytes(), file.name());
            return new Decoded(image.decode(limits.maxPixels(), model.classifier.transforms()::square), null);
        } catch (ImageReadException unreadable) {
            return new Decoded(null, unreadable.getMessage());
        }
    }

    private static Outcome await(CompletableFuture<Outcome> outcome) {
        try {
            return outcome.join();
        } catch (CancellationException closing) {
            throw new HttpError(503, "the server is closing");
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof NotEnoughMemoryException full) {
                throw new HttpError(503, full.getMessage());
            }
            throw failed;
        }
    }

    /** Writes a prediction; returns an error's text instead, or null. */
    private static @Nullable String write(Outcome outcome, int top, ObjectNode to) {
        if (outcome instanceof Outcome.Broken broken) {
            return broken.reason().getMessage();
        }
        Prediction prediction = ((Outcome.Predicted) outcome).prediction();
        to.put("label", prediction.label()).put("probability", prediction.probability());
        prediction.novelty().ifPresent(novelty -> to.put("known", prediction.isKnown()).put("novelty", novelty));
        ArrayNode classes = to.putArray("classes");
        for (ClassProbability one : prediction.top(top)) {
            classes.addObject().put("label", one.label()).put("probability", one.probability());
        }
        return null;
    }

    /** A PNG of the image with Grad-CAM of its most probable class. */
    private int heat(HttpExchange exchange) throws IOException {
        Served model = model(exchange);
        List<Multipart.File> files = bodies.files(exchange);
        Decoded image = decoded(model, files.get(0));
        if (image.square == null) {
            throw new HttpError(415, image.error);
        }
        Heatmap heat = model.classifier.heatmap(ImageSource.ofSquare(image.square, files.get(0).name()));
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(Overlay.of(image.square, heat), "png", png);
        return send(exchange, 200, "image/png", png.toByteArray());
    }

    private String name(HttpExchange exchange) {
        return query(exchange).getOrDefault("model", models.keySet().iterator().next());
    }

    private Served model(HttpExchange exchange) {
        Served model = models.get(name(exchange));
        if (model == null) {
            throw new HttpError(404, "there is no model '" + name(exchange) + "'; there are " + String.join(", ", models.keySet()));
        }
        return model;
    }

    private static int top(HttpExchange exchange) {
        String top = query(exchange).getOrDefault("top", String.valueOf(SHOWN));
        if (!top.matches("[1-9]\\d{0,5}")) {
            throw new HttpError(400, "top: expected a number of classes of at least 1, got '" + top + "'");
        }
        return Integer.parseInt(top);
    }

    // ---- the server's state ------------------------------------------------------------------------------------------

    private int health(HttpExchange exchange) throws IOException {
        boolean warm = models.values().stream().allMatch(model -> model.classifier.isWarm());
        return send(exchange, 200, "application/json", JSON.writeValueAsBytes(Map.of("status", "ok", "warm", warm)));
    }

    private String metrics() {
        Map<String, RequestBatcher> batchers = new LinkedHashMap<>();
        models.forEach((name, model) -> batchers.put(name, model.batcher));
        return metrics.text(running.get(), batchers);
    }

    private static byte[] resource(String name) {
        try (InputStream in = ModelServer.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private static int send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
            // Closing waits for the rest of a body that was not read, and flushes only then.
            exchange.getResponseBody().flush();
        }
        return status;
    }
}
