package thaw.finetune.cli;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import thaw.finetune.predict.ClassifierOptions;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.serve.ModelServer;
import thaw.finetune.serve.ServerLimits;

/** {@code thaw serve}: serves models on a local web page and by HTTP. */
@Command(name = "serve", sortOptions = false, customSynopsis = "thaw serve [MODEL…] [OPTIONS]",
        description = "Serves models: a web page to drop images on, and POST /predict.",
        footer = {"", "Example: thaw serve model.safetensors --port 8080", "         curl --data-binary @cat.jpg localhost:8080/predict"})
final class ServeCommand extends DeviceCommand {

    /** Seconds after which the JDK's server closes a connection whose request's head is still incomplete. */
    private static final String HEAD_TIME = "sun.net.httpserver.maxReqTime";
    /**
     * Whether the JDK's server sends small packets at once. Otherwise an answer's body waits until the client has acknowledged its head,
     * some 40 ms on a connection that is used again.
     */
    private static final String NO_DELAY = "sun.net.httpserver.nodelay";
    private static final int TOKEN_BYTES = 18;
    private static final int MOST_PORTS = 65_535;
    private static final int MEBIBYTE = 1 << 20;
    private static final int MOST_MEBIBYTES = 1024;
    private static final ServerLimits STANDARD = ServerLimits.standard();

    @Parameters(paramLabel = "MODEL", arity = "0..*", description = "Trained models (default: model.safetensors).")
    private List<Path> models = List.of();

    @Option(names = "--port", paramLabel = "N", defaultValue = "8080", description = "Port; 0 for any free one (default: 8080).")
    private int port;

    @Option(names = "--host", paramLabel = "NAME", defaultValue = "127.0.0.1",
            description = "Address. Others than this machine can reach any but the default, and need a token, which is printed.")
    private String host;

    @Option(names = "--token", paramLabel = "TOKEN", description = "The token with --host (default: a random one).")
    private @Nullable String token;

    @Option(names = "--max-body", paramLabel = "MIB", description = "Largest request in MiB (default: ${DEFAULT-VALUE}).")
    private int body = STANDARD.maxBody() / MEBIBYTE;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "Time to receive a request (default: ${DEFAULT-VALUE}).")
    private int seconds = (int) STANDARD.time().toSeconds();

    @Option(names = "--concurrent", paramLabel = "N", description = "Requests answered at a time (default: ${DEFAULT-VALUE}).")
    private int concurrent = STANDARD.concurrent();

    @Option(names = "--per-client", paramLabel = "N", description = "Of one address at a time (default: as --concurrent).")
    private @Nullable Integer perClient;

    @Option(names = "--batch", paramLabel = "N", description = "Images computed together (default: ${DEFAULT-VALUE}).")
    private int batch = STANDARD.batch();

    @Option(names = "--wait", paramLabel = "MS",
            description = "Milliseconds that an image waits for others to be computed with (default: ${DEFAULT-VALUE}).")
    private int wait = (int) STANDARD.batchWait().toMillis();

    @Mixin
    private PixelLimit limit;

    @Override
    public Integer call() throws IOException {
        require();
        InetAddress address = address();
        boolean local = address.isLoopbackAddress();
        Optional<String> secret = local && token == null ? Optional.empty() : Optional.of(token == null ? random() : token);
        Map<String, ModelFile> files = new LinkedHashMap<>();
        for (Path file : models.isEmpty() ? List.of(Path.of("model.safetensors")) : models) {
            if (files.put(file.toString(), ModelFile.read(file)) != null) {
                throw new Failure(file + " is given twice; expected different models");
            }
        }
        ServerLimits limits = new ServerLimits(body * MEBIBYTE, limit.maxPixels(), Duration.ofSeconds(seconds), concurrent,
                perClient == null ? concurrent : perClient, batch, Duration.ofMillis(wait));
        Map.of(HEAD_TIME, String.valueOf(seconds), NO_DELAY, "true").forEach((name, value) -> {
            if (System.getProperty(name) == null) {
                System.setProperty(name, value);
            }
        });
        ClassifierOptions options = deviceOptions.classifier();
        CountDownLatch ended = new CountDownLatch(1);
        try (Interruption interruption = new Interruption(ended::countDown);
                ModelServer server = new ModelServer(files, options, new InetSocketAddress(address, port), secret, limits)) {
            String url = "http://" + (local ? "localhost" : host) + ":" + server.port() + "/"
                    + secret.map(known -> "?token=" + known).orElse("");
            output.text("serving on " + url + " (Ctrl-C ends it)");
            output.result(OutputOptions.object().put("url", url));
            ended.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (BindException taken) {
            throw new Failure("--port: " + host + ":" + port + " cannot be bound: " + taken.getMessage() + "; give another port, or 0",
                    taken);
        }
        return 0;
    }

    private void require() {
        if (port < 0 || port > MOST_PORTS) {
            throw new Failure("--port: expected 0 to " + MOST_PORTS + ", got " + port);
        }
        if (body < 1 || body > MOST_MEBIBYTES) {
            throw new Failure("--max-body: expected 1 to " + MOST_MEBIBYTES + ", got " + body);
        }
        Failure.ifBelow("--timeout", seconds, 1);
        Failure.ifBelow("--concurrent", concurrent, 1);
        Failure.ifBelow("--per-client", perClient == null ? 1 : perClient, 1);
        Failure.ifBelow("--batch", batch, 1);
        Failure.ifBelow("--wait", wait, 0);
        if (token != null && token.isBlank()) {
            throw new Failure("--token: expected at least one character");
        }
    }

    private InetAddress address() {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException unknown) {
            throw new Failure("--host: there is no address '" + host + "'", unknown);
        }
    }

    private static String random() {
        byte[] bytes = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(bytes);
        return Base64.getUrlEncoder().encodeToString(bytes);
    }
}
