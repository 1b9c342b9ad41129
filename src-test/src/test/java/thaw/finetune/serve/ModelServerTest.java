package thaw.finetune.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.finetune.images.ImageSource;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.KnownImages;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.predict.Prediction;
import thaw.finetune.predict.WarmUp;
import thaw.kernels.Shape;
import thaw.resnet.Architecture;
import thaw.resnet.Network;
import thaw.resnet.ResNet;
import thaw.resnet.visualize.GradCam;
import thaw.resnet.visualize.Heatmap;

/** The server's answers, to friendly and to hostile requests. */
class ModelServerTest {
    private static final int SIDE = 32;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final List<byte[]> IMAGES = new ArrayList<>();
    private static ModelFile model;
    private static Classifier alone;
    private static ModelServer server;

    @BeforeAll
    static void start() throws IOException {
        try (Device device = Device.cpu(1)) {
            model = ModelFile.of(ResNet.of(Architecture.byName("resnet20"), device, 3, 1), List.of("a", "b", "ü\"c"), Transforms.of(SIDE));
        }
        for (int i = 0; i < 8; i++) {
            BufferedImage image = new BufferedImage(40, 36, BufferedImage.TYPE_INT_RGB);
            for (int at = 0; at < 40 * 36; at++) {
                image.setRGB(at % 40, at / 40, (at * 7919 + i * 104729) * 31);
            }
            ByteArrayOutputStream png = new ByteArrayOutputStream();
            ImageIO.write(image, "png", png);
            IMAGES.add(png.toByteArray());
        }
        try (Classifier plain = Classifier.of(model, Classifier.options().threads(1).warmUp(WarmUp.NONE))) {
            // Of seven of eight images, so that one is not known.
            model = model.known(KnownImages.of(plain.featuresAll(IMAGES.subList(1, 8).stream()
                    .map(image -> ImageSource.of(image, "image")).toList()), 3));
        }
        alone = Classifier.of(model, Classifier.options().threads(1).warmUp(WarmUp.NONE));
        server = server(Optional.empty(), ServerLimits.standard());
    }

    private static ModelServer server(Optional<String> token, ServerLimits limits) throws IOException {
        return new ModelServer(Map.of("m", model), Classifier.options().threads(1).warmUp(WarmUp.NONE),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), token, limits);
    }

    @AfterAll
    static void stop() {
        server.close();
        alone.close();
    }

    private static HttpRequest.Builder request(ModelServer to, String path) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + to.port() + path)).timeout(Duration.ofSeconds(60));
    }

    private static HttpResponse<String> get(ModelServer from, String path) throws Exception {
        return CLIENT.send(request(from, path).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(ModelServer to, String path, String type, byte[] body) throws Exception {
        return CLIENT.send(request(to, path).header("Content-Type", type).POST(HttpRequest.BodyPublishers.ofByteArray(body)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static void assertPrediction(byte[] image, JsonNode answer) {
        Prediction expected = alone.predict(image);
        assertEquals(expected.label(), answer.get("label").asText());
        // The same bits, also in a batch with other requests.
        assertEquals(expected.probability(), answer.get("probability").asDouble());
        assertEquals(3, answer.get("classes").size());
        assertEquals(expected.novelty().orElseThrow(), answer.get("novelty").asDouble());
        assertEquals(expected.isKnown(), answer.get("known").asBoolean());
    }

    @Test
    void aBodyIsClassified() throws Exception {
        HttpResponse<String> answer = post(server, "/predict", "image/png", IMAGES.get(0));
        assertEquals(200, answer.statusCode(), answer.body());
        assertPrediction(IMAGES.get(0), JSON.readTree(answer.body()).get("predictions").get(0));
        JsonNode one = JSON.readTree(post(server, "/predict?top=1", "application/octet-stream", IMAGES.get(1)).body());
        assertEquals(1, one.get("predictions").get(0).get("classes").size());
    }

    @Test
    void aFormOfFilesIsClassified() throws Exception {
        ByteArrayOutputStream form = new ByteArrayOutputStream();
        for (int i = 0; i < 3; i++) {
            form.write(
                    ("--XyZ\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" + i + ".png\"\r\nContent-Type: image/png\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));
            form.write(i == 1 ? "no image".getBytes(StandardCharsets.UTF_8) : IMAGES.get(i));
            form.write("\r\n".getBytes(StandardCharsets.UTF_8));
        }
        form.write("--XyZ\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nignored\r\n--XyZ--\r\n".getBytes(StandardCharsets.UTF_8));
        HttpResponse<String> answer = post(server, "/predict", "multipart/form-data; boundary=XyZ", form.toByteArray());
        assertEquals(200, answer.statusCode(), answer.body());
        JsonNode predictions = JSON.readTree(answer.body()).get("predictions");
        assertEquals(3, predictions.size());
        assertPrediction(IMAGES.get(0), predictions.get(0));
        assertEquals("1.png", predictions.get(1).get("image").asText());
        assertTrue(predictions.get(1).get("error").asText().startsWith("1.png: "), answer.body());
        assertPrediction(IMAGES.get(2), predictions.get(2));
    }

    @Test
    void sixtyFourAtOnceAreComputedTogether() throws Exception {
        ModelServer busy = server(Optional.empty(), ServerLimits.standard());
        try (busy) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                answers.add(CLIENT.sendAsync(request(busy, "/predict").header("Content-Type", "image/png")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(IMAGES.get(i % 8))).build(), HttpResponse.BodyHandlers.ofString()));
            }
            for (int i = 0; i < 64; i++) {
                HttpResponse<String> answer = answers.get(i).join();
                assertEquals(200, answer.statusCode(), answer.body());
                assertPrediction(IMAGES.get(i % 8), JSON.readTree(answer.body()).get("predictions").get(0));
            }
            String metrics = get(busy, "/metrics").body();
            assertTrue(metrics.contains("thaw_images_total{model=\"m\"} 64\n"), metrics);
            assertTrue(metrics.contains("thaw_requests_total{status=\"200\"} 64\n"), metrics);
            long batches = Long.parseLong(metrics.replaceAll("(?s).*thaw_batches_total\\{model=\"m\"} (\\d+).*", "$1"));
            assertTrue(batches < 64, metrics);
        }
    }

    @Test
    void theOtherPathsAnswer() throws Exception {
        assertEquals("ok", JSON.readTree(get(server, "/health").body()).get("status").asText());
        assertEquals("[\"m\"]", get(server, "/models").body());
        assertTrue(JSON.readTree(get(server, "/openapi.json").body()).get("paths").has("/predict"));
        HttpResponse<String> page = get(server, "/");
        assertTrue(page.body().startsWith("<!DOCTYPE html>"));
        assertTrue(page.headers().firstValue("Content-Security-Policy").orElse("").startsWith("default-src 'none'"));
        HttpResponse<byte[]> heat = CLIENT.send(request(server, "/heat").header("Content-Type", "image/png")
                .POST(HttpRequest.BodyPublishers.ofByteArray(IMAGES.get(0))).build(), HttpResponse.BodyHandlers.ofByteArray());
        assertEquals(200, heat.statusCode());
        assertEquals(SIDE, ImageIO.read(new ByteArrayInputStream(heat.body())).getWidth());
    }

    /** A heat map is that of a network of its own, takes no further memory, and changes no bit of predictions beside it. */
    @Test
    void heatMapsShareTheWeightsOfPredictions() throws Exception {
        ImageSource image = ImageSource.of(IMAGES.get(3), "an image");
        Heatmap heat = alone.heatmap(image);
        try (Device device = Device.cpu(1)) {
            Network net = model.toNet(device);
            Tensor pixels = device.tensor(Shape.of(1, 3, SIDE, SIDE), alone.transforms().apply(image.decode(10_000, square -> square)));
            assertArrayEquals(GradCam.of(net, "layer3").heatmap(pixels, alone.classes().indexOf(alone.predict(image).label())).values(),
                    heat.values(), 1e-6f);
        }
        // Weights rearranged for the backward pass are kept from their second use.
        alone.heatmap(image);
        long before = alone.device().backend().memory().inUse();
        alone.heatmap(image);
        assertEquals(before, alone.device().backend().memory().inUse());
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            answers.add(CLIENT.sendAsync(request(server, i % 4 == 0 ? "/heat" : "/predict").header("Content-Type", "image/png")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(IMAGES.get(i % 8))).build(), HttpResponse.BodyHandlers.ofString()));
        }
        for (int i = 0; i < 64; i++) {
            assertEquals(200, answers.get(i).join().statusCode());
            if (i % 4 != 0) {
                assertPrediction(IMAGES.get(i % 8), JSON.readTree(answers.get(i).join().body()).get("predictions").get(0));
            }
        }
    }

    @ParameterizedTest(name = "{0} of {2} bytes of {1}: {3}")
    @CsvSource({"/predict,text/plain,10,415,Content-Type: expected an image's", "/predict,image/png,10,415,image: ",
        "/predict,image/png,0,400,expected an image in the body", "/heat,image/png,10,415,image: ",
        "/other,image/png,10,404,there is no /other",
        "/health,image/png,10,405,/health takes GET", "/predict?model=x,image/png,10,404,there is no model 'x'",
        "/predict?top=0,image/png,10,400,top: expected", "/predict,multipart/form-data,10,400,Content-Type: expected a boundary",
        "/predict,multipart/form-data; boundary=b,10,400,the body ends before its last boundary"})
    void wrongRequestsAreRefused(String path, String type, int length, int status, String words) throws Exception {
        HttpResponse<String> answer = post(server, path, type, new byte[length]);
        assertEquals(status, answer.statusCode(), answer.body());
        assertTrue(JSON.readTree(answer.body()).get("error").asText().contains(words), answer.body());
    }

    /** Sends a head and a part of a body; returns the status, or 0 if the connection ends without one. */
    private static int status(ModelServer to, String head, byte[] body) throws IOException {
        try (Socket socket = open(to, head, body)) {
            return status(socket);
        }
    }

    private static Socket open(ModelServer to, String head, byte[] body) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), to.port());
        socket.setSoTimeout(30_000);
        socket.getOutputStream().write((head + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().write(body);
        socket.getOutputStream().flush();
        return socket;
    }

    private static int status(Socket socket) throws IOException {
        byte[] line = socket.getInputStream().readNBytes(12);
        return line.length < 12 ? 0 : Integer.parseInt(new String(line, StandardCharsets.US_ASCII).substring(9));
    }

    private static String head(String... lines) {
        return "POST /predict HTTP/1.1\r\nHost: localhost\r\n" + String.join("\r\n", lines);
    }

    @Test
    void lyingAndEndlessBodiesAreRefused() throws Exception {
        ServerLimits brief = new ServerLimits(1 << 20, 1000, Duration.ofMillis(300), 8, 8, 4, Duration.ZERO);
        try (ModelServer strict = server(Optional.empty(), brief)) {
            assertEquals(413, status(strict, head("Content-Length: 2000000"), new byte[0]));
            assertEquals(413, status(strict, head("Content-Length: 99999999999"), new byte[0]));
            assertEquals(408, status(strict, head("Content-Length: 1000000"), new byte[100]));
            assertEquals(411,
                    status(strict, head("Transfer-Encoding: chunked"), "5\r\nhello\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
            assertEquals(403, status(strict, "POST /predict HTTP/1.1\r\nHost: attacker.example\r\nContent-Length: 0", new byte[0]));
            // 1,440 pixels where 1,000 are allowed.
            HttpResponse<String> large = post(strict, "/predict", "image/png", IMAGES.get(0));
            assertEquals(415, large.statusCode());
            assertTrue(large.body().contains("pixels"), large.body());
        }
    }

    @Test
    void tooManyRequestsAreRefusedAndAbortedOnesForgotten() throws Exception {
        ServerLimits two = new ServerLimits(1 << 20, 10_000, Duration.ofMinutes(10), 2, 1, 4, Duration.ZERO);
        try (ModelServer narrow = server(Optional.empty(), two)) {
            try (Socket slow = open(narrow, head("Content-Length: 1000"), new byte[10])) {
                awaitRunning(narrow);
                HttpResponse<String> second = untilStatus(narrow, 429);
                assertEquals("1", second.headers().firstValue("Retry-After").orElse(""));
                slow.getOutputStream().write(new byte[990]);
                assertEquals(415, status(slow));
            }
            assertEquals(200, untilStatus(narrow, 200).statusCode());
        }
        ServerLimits one = new ServerLimits(1 << 20, 10_000, Duration.ofMinutes(10), 1, 1, 4, Duration.ZERO);
        try (ModelServer narrow = server(Optional.empty(), one)) {
            Socket aborted = open(narrow, head("Content-Length: 1000"), new byte[10]);
            awaitRunning(narrow);
            untilStatus(narrow, 503);
            aborted.close();
            // Its place is free again, long before the time for a body ends.
            assertEquals(200, untilStatus(narrow, 200).statusCode());
        }
    }

    /** Waits until a request is being answered; another that came first would have it refused. */
    private static void awaitRunning(ModelServer in) throws Exception {
        while (!get(in, "/metrics").body().contains("thaw_requests_running 1")) {
            Thread.sleep(5);
        }
    }

    /** Repeats a sound request until it gets this status. */
    private static HttpResponse<String> untilStatus(ModelServer to, int status) throws Exception {
        HttpResponse<String> answer = null;
        for (int i = 0; i < 500 && (answer == null || answer.statusCode() != status); i++) {
            answer = post(to, "/predict", "image/png", IMAGES.get(0));
            Thread.sleep(5);
        }
        assertEquals(status, answer.statusCode(), answer.body());
        return answer;
    }

    @Test
    void othersNeedTheToken() throws Exception {
        try (ModelServer guarded = server(Optional.of("secret"), ServerLimits.standard())) {
            assertEquals(401, get(guarded, "/").statusCode());
            assertEquals(401, get(guarded, "/?token=secre").statusCode());
            assertEquals(401, post(guarded, "/predict", "image/png", IMAGES.get(0)).statusCode());
            assertEquals(200, get(guarded, "/?token=secret").statusCode());
            assertEquals(200, get(guarded, "/health").statusCode());
            assertEquals(200, CLIENT.send(request(guarded, "/models").header("Authorization", "Bearer secret").build(),
                    HttpResponse.BodyHandlers.ofString()).statusCode());
        }
        assertThrows(IllegalArgumentException.class, () -> new ModelServer(Map.of("m", model), Classifier.options(),
                new InetSocketAddress("0.0.0.0", 0), Optional.empty(), ServerLimits.standard()));
    }

    @Test
    void partsOfAFormKeepTheirBytes() {
        byte[] content = {13, 10, 45, 45, 0, -1, 13, 10, 45, 45, 88, 13, 10};
        ByteArrayOutputStream form = new ByteArrayOutputStream();
        form.writeBytes("preamble\r\n--X y\r\nContent-Disposition: form-data; filename=\"a b\"\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        form.writeBytes(content);
        form.writeBytes("\r\n--X y\r\ncontent-disposition: form-data; FileName=\"\"\r\n\r\n\r\n--X y--".getBytes(StandardCharsets.UTF_8));
        List<Multipart.File> files = Multipart.files("multipart/form-data; boundary=\"X y\"", form.toByteArray());
        assertEquals(2, files.size());
        assertEquals("a b", files.get(0).name());
        assertArrayEquals(content, files.get(0).bytes());
        assertEquals(0, files.get(1).bytes().length);
    }
}
