package thaw.load;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.imageio.ImageIO;
import thaw.engine.Device;
import thaw.finetune.images.Transforms;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.predict.Prediction;
import thaw.finetune.train.ColourFolder;
import thaw.finetune.train.Learner;
import thaw.resnet.Architecture;
import thaw.resnet.Head;
import thaw.resnet.ResNet;

/** Long work of one process, which must hold no more at the end than at the start. */
final class Load {

    private static final int CALLERS = 16;
    private static final int SIDE = 32;
    private static final int POINTS = 100;

    private final Path folder;

    Load(Path folder) {
        this.folder = folder;
    }

    /** Arguments: the work ({@code train} or {@code predict}, with seconds; {@code open}, with a number of classifiers), and a folder. */
    public static void main(String[] args) throws Exception {
        Path folder = Files.createDirectories(Path.of(args[2]));
        int extent = Integer.parseInt(args[1]);
        Load load = new Load(folder);
        try (ResourceCurve curve = switch (args[0]) {
            case "train" -> load.train(extent);
            case "predict" -> load.predict(extent);
            case "open" -> load.open(extent);
            default -> throw new IllegalArgumentException("expected train, predict or open, got " + args[0]);
        }) {
            curve.write(folder.resolve(args[0] + ".html"), "Load: " + args[0] + " " + extent);
            System.out.println(args[0] + " " + extent + ": " + curve.summary());
            curve.requireFlat();
        }
    }

    /** Trains a ResNet-20 again and again, with a checkpoint after each epoch. */
    ResourceCurve train(int seconds) throws IOException {
        ResourceCurve curve = new ResourceCurve(1000L * seconds / POINTS);
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        try (Device device = Device.cpu();
                Learner learn = new Learner(ResNet.of(Architecture.byName("resnet20"), Head.LINEAR, device, 2, 1),
                        ColourFolder.in(folder.resolve("images")))) {
            while (System.nanoTime() < end) {
                learn.fit(1, 1e-3);
                learn.save(folder.resolve("trained.safetensors"));
            }
        }
        return curve;
    }

    private Path model() throws IOException {
        Path model = folder.resolve("model.safetensors");
        try (Device device = Device.cpu(1)) {
            ModelFile.of(ResNet.of(Architecture.byName("resnet20"), Head.LINEAR, device, 2, 7), List.of("a", "b"), Transforms.of(SIDE))
                    .write(model);
        }
        return model;
    }

    private List<Path> images() throws IOException {
        List<Path> images = new ArrayList<>();
        for (int i = 0; i < 2 * CALLERS; i++) {
            BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
            for (int at = 0; at < SIDE * SIDE; at++) {
                image.setRGB(at % SIDE, at / SIDE, (at * 2654435 + i * 7919) & 0xffffff);
            }
            images.add(folder.resolve(i + ".png"));
            ImageIO.write(image, "png", images.get(i).toFile());
        }
        return images;
    }

    /** Threads share a classifier, and each of their answers is the one that the first caller got. */
    ResourceCurve predict(int seconds) throws Exception {
        List<Path> images = images();
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
        ResourceCurve curve = new ResourceCurve(1000L * seconds / POINTS);
        try (Classifier classifier = Classifier.load(model())) {
            List<Prediction> expected = new ArrayList<>();
            for (Path image : images) {
                expected.add(classifier.predict(image));
            }
            long end = System.nanoTime() + seconds * 1_000_000_000L;
            List<Future<Integer>> answers = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                int first = i;
                Callable<Integer> caller = () -> {
                    int answered = 0;
                    for (int k = first; answered == 0 || System.nanoTime() < end; k++) {
                        int image = k % images.size();
                        Prediction found = classifier.predict(images.get(image));
                        if (!found.equals(expected.get(image))) {
                            throw new AssertionError(found + " instead of " + expected.get(image));
                        }
                        answered++;
                    }
                    return answered;
                };
                answers.add(callers.submit(caller));
            }
            int all = 0;
            for (Future<Integer> answer : answers) {
                all += answer.get();
            }
            System.out.println(all + " identical predictions by " + CALLERS + " threads");
        } finally {
            callers.shutdownNow();
        }
        return curve;
    }

    /** Classifiers are opened, used and closed one after the other. */
    ResourceCurve open(int classifiers) throws Exception {
        Path model = model();
        Path image = images().get(0);
        ResourceCurve curve = new ResourceCurve(0);
        for (int i = 1; i <= classifiers; i++) {
            try (Classifier classifier = Classifier.load(model)) {
                classifier.predict(image);
            }
            if (i % Math.max(1, classifiers / POINTS * 4) == 0) {
                System.gc();
                // Threads end, and buffers are unmapped, a moment after.
                Thread.sleep(50);
                curve.measure();
            }
        }
        return curve;
    }
}
