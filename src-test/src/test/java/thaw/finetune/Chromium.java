package thaw.finetune;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A tab of headless Chromium, driven over its DevTools protocol. */
public final class Chromium implements AutoCloseable {

    private static final Path PROGRAM = Path.of("/usr/bin/chromium");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SECONDS = 120;

    private final Process process;
    private final WebSocket socket;
    private final BlockingQueue<JsonNode> answers = new LinkedBlockingQueue<>();
    private final List<String> messages = new CopyOnWriteArrayList<>();
    private int calls;

    private Chromium(Process process, URI tab) {
        this.process = process;
        socket = HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(tab, new Receiver()).join();
    }

    /**
     * Opens a tab; the test is skipped if there is no Chromium.
     *
     * @param profile an empty folder for Chromium's files
     */
    public static Chromium open(Path profile) throws Exception {
        assumeTrue(Files.isExecutable(PROGRAM), "skipped: no " + PROGRAM + "; install Debian's chromium to run the pages' tests");
        Process process = new ProcessBuilder(PROGRAM.toString(), "--headless=new", "--no-sandbox", "--disable-gpu",
                "--remote-debugging-port=0", "--user-data-dir=" + profile, "about:blank").redirectErrorStream(true)
                .redirectOutput(profile.resolve("chromium.log").toFile()).start();
        try {
            Path port = profile.resolve("DevToolsActivePort");
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            while (!(Files.exists(port) && Files.readAllLines(port).size() > 1)) {
                if (System.nanoTime() > until || !process.isAlive()) {
                    throw new IOException("Chromium did not start: " + Files.readString(profile.resolve("chromium.log")));
                }
                Thread.sleep(20);
            }
            String base = "http://127.0.0.1:" + Files.readAllLines(port).get(0);
            JsonNode tab = JSON.readTree(HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create(base + "/json/new?about:blank"))
                    .method("PUT", HttpRequest.BodyPublishers.noBody()).build(), HttpResponse.BodyHandlers.ofString()).body());
            Chromium opened = new Chromium(process, URI.create(tab.get("webSocketDebuggerUrl").asText()));
            for (String domain : List.of("Runtime", "Log", "Page", "Network")) {
                opened.call(domain + ".enable", Map.of());
            }
            return opened;
        } catch (Exception | Error failed) {
            process.destroy();
            throw failed;
        }
    }

    private final class Receiver implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                accept(text.toString());
                text.setLength(0);
            }
            from.request(1);
            return null;
        }
    }

    private void accept(String text) {
        try {
            JsonNode message = JSON.readTree(text);
            String event = message.path("method").asText();
            if (event.equals("Runtime.exceptionThrown") || event.equals("Runtime.consoleAPICalled") || event.equals("Log.entryAdded")) {
                messages.add(text);
            } else if (message.has("id")) {
                answers.add(message);
            }
        } catch (IOException malformed) {
            messages.add(text);
        }
    }

    private JsonNode call(String method, Map<String, ?> params) throws Exception {
        calls++;
        socket.sendText(JSON.writeValueAsString(Map.of("id", calls, "method", method, "params", params)), true).join();
        JsonNode answer = answers.poll(SECONDS, TimeUnit.SECONDS);
        if (answer == null || answer.has("error") || answer.path("result").has("exceptionDetails")) {
            throw new IllegalStateException(method + " " + params + ": " + answer);
        }
        return answer.get("result");
    }

    /** Sets the width of the screen in pixels, and the preferred colours, {@code light} or {@code dark}. */
    public void screen(int width, String colours) throws Exception {
        call("Emulation.setEmulatedMedia", Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", colours))));
        call("Emulation.setDeviceMetricsOverride", Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", width < 600));
    }

    /** Opens a page and waits until it is complete. */
    public void load(URI page) throws Exception {
        call("Page.navigate", Map.of("url", page.toString()));
        await("document.readyState == 'complete' && location.href != 'about:blank'");
    }

    /** The value of a JavaScript expression. */
    public JsonNode evaluate(String expression) throws Exception {
        return call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true, "awaitPromise", true)).path("result")
                .path("value");
    }

    /** Waits until a JavaScript expression is true. */
    public void await(String condition) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!evaluate(condition).asBoolean()) {
            if (System.nanoTime() > until) {
                throw new IllegalStateException("after " + SECONDS + " s not true: " + condition + "; console: " + messages);
            }
            Thread.sleep(20);
        }
    }

    /** Presses a key on the focused element. */
    public void press(String key, int code) throws Exception {
        for (String type : List.of("rawKeyDown", "keyUp")) {
            call("Input.dispatchKeyEvent", Map.of("type", type, "key", key, "code", key, "windowsVirtualKeyCode", code));
        }
    }

    /** The pages' messages on the console so far, errors and refused resources included. */
    public List<String> console() {
        return messages;
    }

    @Override
    public void close() {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
