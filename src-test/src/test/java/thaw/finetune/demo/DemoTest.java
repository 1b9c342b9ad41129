package thaw.finetune.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.finetune.evaluate.Evaluation;
import thaw.finetune.plan.TrainingPhase;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.synthetic.SyntheticImages;
import thaw.finetune.train.TrainingListener;
import thaw.resnet.ResNet;

class DemoTest {

    @TempDir
    private Path folder;

    @Test
    void transferIsFarBetterThanTrainingFromScratchForAsManyEpochs() throws IOException {
        DemoImages images = new DemoImages(folder, 10, 15);
        images.draw(1);
        double transfer = accuracy(new Arm(true, List.of(Phase.head(2, "head", 0.1), Phase.all(1, "all", 1e-3, 1e-2, 5e-2))), images, 2);
        double scratch = accuracy(new Arm(false, List.of(Phase.all(3, "scratch", 0.1))), images, 2);
        assertTrue(transfer > scratch + 0.25, "transfer " + transfer + ", from scratch " + scratch);
    }

    private static double accuracy(Arm arm, DemoImages images, int threads) {
        try (Device device = Device.cpu(threads)) {
            Trial trial = new Trial(arm, images, ShippedNetwork.read(), 1, device);
            List<Double> accuracies = trial.run(new TrainingListener() {});
            assertEquals(arm.phases().size(), accuracies.size());
            return accuracies.get(accuracies.size() - 1);
        }
    }

    @Test
    void comparesAllArmsAndSavesTheRecommendedNetwork() throws IOException {
        Recorder heard = new Recorder();
        Demo demo = new Demo(folder, 2, 2, 1, 2);
        Comparison comparison = demo.run(heard);
        assertEquals(List.of("images", "network", "head", "all", "1/4", "2/4", "3/4", "4/4"), heard.events);
        assertEquals(5, comparison.rows().size());
        comparison.rows().forEach(row -> assertEquals(1, row.accuracies().size()));
        assertEquals(20, comparison.tested());
        try (Device device = Device.cpu(1)) {
            ModelFile model = ModelFile.read(demo.model());
            assertEquals(SyntheticImages.demo().classes(), model.classes());
            assertEquals(comparison.recommended().mean(), Evaluation.of(model.toNet(device), demo.images().test()).accuracy());
        }
        // Another number of threads gives the same result.
        assertEquals(comparison.recommended().mean(), accuracy(Arm.discriminative(), demo.images(), 1));
    }

    private static final class Recorder implements Demo.Listener {
        private final List<String> events = new ArrayList<>();

        @Override
        public void onImages(DemoImages images) {
            assertTrue(Files.isDirectory(images.testFolder()));
            events.add("images");
        }

        @Override
        public TrainingListener onNetwork(ResNet net) {
            events.add("network");
            return new TrainingListener() {
                @Override
                public void onPhase(TrainingPhase phase, int number, int count) {
                    events.add(phase.name());
                }
            };
        }

        @Override
        public void onTrial(int done, int all) {
            events.add(done + "/" + all);
        }
    }

    @Test
    void imagesOfAnEarlierDemoAreUsedAgain() throws IOException {
        DemoImages images = new DemoImages(folder, 2, 1);
        images.draw(1);
        Path one = images.folder(1).resolve("train/fish/0000.png");
        byte[] before = Files.readAllBytes(one);
        Files.delete(images.testFolder().resolve("fish/0000.png"));
        images.draw(1);
        assertArrayEquals(before, Files.readAllBytes(one));
        assertFalse(Files.exists(images.testFolder().resolve("fish/0000.png")));
    }

    @Test
    void verdictFollowsFromTheNumbersWhateverTheySay() {
        String verdict = comparison(0.5, 0.7, 0.75, 0.1, 0.2).verdict();
        assertTrue(verdict.startsWith("With 20 images per class, fine-tuning with one learning rate per layer group classifies"
                + " 70.0 % of 500 test images correctly on average over 2 draws (chance: 10.0 %)."
                + " That is 20.0 ± 0.0 points more than the head alone"), verdict);
        assertTrue(verdict.contains("5.0 ± 0.0 points less than all layers at one moderate rate"), verdict);
    }

    private static Comparison comparison(double... means) {
        List<Comparison.Row> rows = new ArrayList<>();
        for (Arm arm : Arm.all()) {
            for (Phase phase : rows.isEmpty() ? arm.phases() : arm.phases().subList(arm.phases().size() - 1, arm.phases().size())) {
                double mean = means[rows.size()];
                rows.add(new Comparison.Row(arm.epochsUntil(phase), phase, List.of(mean - 0.05, mean + 0.05)));
            }
        }
        return new Comparison(rows, 20, 500, 10);
    }

    /** Differences of (+10, 0, +20) points have the mean 10 and the standard deviation 10, whatever the rows' own spread. */
    @Test
    void differencesArePaired() {
        Phase phase = Arm.moderate().phases().get(1);
        Comparison.Row best = new Comparison.Row(8, phase, List.of(0.9, 0.3, 0.6));
        Comparison.Row other = new Comparison.Row(8, phase, List.of(0.8, 0.3, 0.4));
        Comparison.Difference by = new Comparison(List.of(other, best), 20, 500, 10).difference(other);
        assertEquals(0.1, by.mean(), 1e-12);
        assertEquals(0.1, by.spread(), 1e-12);
    }

    /** Arms that start from the same weights differ in the rates of their last phase alone. */
    @Test
    void pretrainedArmsHaveTheSameHead() {
        List<Arm> pretrained = Arm.all().stream().filter(Arm::pretrained).toList();
        assertEquals(1, pretrained.stream().map(arm -> arm.phases().get(0)).distinct().count());
        assertEquals(1, pretrained.stream().map(arm -> arm.phases().get(1).training().epochs()).distinct().count());
        assertEquals(3, pretrained.stream().map(arm -> arm.phases().get(1).training().rates()).distinct().count());
    }

    @Test
    void chartHasABarForEachRow() {
        Comparison comparison = comparison(0.6, 0.9, 0.8, 0.1, 0.2);
        BufferedImage chart = ComparisonChart.draw(comparison);
        int recommended = 0x2F7EBC;
        long pixels = IntStream.range(0, chart.getWidth() * chart.getHeight())
                .filter(i -> (chart.getRGB(i % chart.getWidth(), i / chart.getWidth()) & 0xFFFFFF) == recommended).count();
        assertTrue(pixels > 5000, "a bar of the recommended row's colour, of " + pixels + " pixels");
    }

    @Test
    void armsHaveTheSameNumberOfEpochs() {
        assertEquals(1,
                Arm.all().stream().map(arm -> arm.phases().stream().mapToInt(phase -> phase.training().epochs()).sum()).distinct().count());
    }

    @Test
    void refusesNumbersThatMakeNoSense() {
        assertThrows(IllegalArgumentException.class, () -> new DemoImages(folder, 1, 5));
        assertThrows(IllegalArgumentException.class, () -> new Demo(folder, 20, 50, 0, 1));
    }
}
