package thaw.finetune.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.Chromium;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.predict.WarmUp;
import thaw.resnet.Architecture;
import thaw.resnet.ResNet;

/** The server's page in a browser. */
class ServePageTest {

    // Chromium may still write to its profile while it ends.
    @TempDir(cleanup = CleanupMode.NEVER)
    private Path folder;

    @Test
    void anImageIsClassifiedByEachModel() throws Exception {
        Map<String, ModelFile> models = new LinkedHashMap<>();
        try (Device device = Device.cpu(1)) {
            for (String name : List.of("before", "after")) {
                models.put(name, ModelFile.of(ResNet.of(Architecture.byName("resnet20"), device, 2, 1), List.of("<cat>", "dog"),
                        Transforms.of(32)));
            }
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(40, 36, BufferedImage.TYPE_INT_RGB), "png", png);
        String file = "Uint8Array.from(atob('" + Base64.getEncoder().encodeToString(png.toByteArray()) + "'), c => c.charCodeAt(0))";
        try (Chromium tab = Chromium.open(folder);
                ModelServer server = new ModelServer(models,
                        Classifier.options().threads(1).warmUp(WarmUp.NONE), new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        Optional.empty(), ServerLimits.standard())) {
            for (int width : new int[] {390, 1280}) {
                tab.screen(width, width == 390 ? "dark" : "light");
                tab.load(URI.create("http://localhost:" + server.port() + "/"));
                tab.evaluate("showAll([new File([" + file + "], 'a.png', {type: 'image/png'}), new File(['no image'], 'b.png')])");
                // The image and its heat maps by both models; the other file is no image.
                tab.await("[...document.images].filter(image => image.naturalWidth > 0).length == 3");
                tab.await("document.querySelectorAll('.error').length == 2");
                assertEquals(4, tab.evaluate("document.querySelectorAll('td.name').length").asInt());
                assertTrue(tab.evaluate("document.querySelector('#results').innerText").asText().contains("<cat>"));
                double sum = tab.evaluate("[...document.querySelector('table').querySelectorAll('.n')].map(n => parseFloat(n.innerText))"
                        + ".reduce((a, b) => a + b)").asDouble();
                assertEquals(100, sum, 0.11);
                assertTrue(tab.evaluate("document.documentElement.scrollWidth <= innerWidth").asBoolean());
            }
            // Chromium reports refused requests itself: two models refuse the file that is no image, on two screens.
            assertEquals(4, tab.console().stream().filter(message -> message.contains("415")).count(), tab.console()::toString);
            assertEquals(4, tab.console().size(), tab.console()::toString);
        }
    }
}
