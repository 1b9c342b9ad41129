package thaw.finetune;

import static thaw.engine.Ops.crossEntropy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import thaw.engine.Device;
import thaw.engine.NoGrad;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.nn.Module;
import thaw.finetune.data.BatchLoader;
import thaw.finetune.data.Batches;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.data.RawBatch;
import thaw.kernels.OutOfDeviceMemoryException;
import thaw.resnet.ResNet;

/**
 * How well a network does on images whose classes are known.
 *
 * @param classes how each class fared, in the order of the labels
 * @param loss    mean cross-entropy
 */
public record Evaluation(List<ClassCount> classes, double loss) {

    public Evaluation {
        classes = List.copyOf(classes);
    }

    /** Images that were classified right: their class has the highest score. */
    public int correct() {
        return classes.stream().mapToInt(ClassCount::correct).sum();
    }

    /** Images in all. */
    public int total() {
        return classes.stream().mapToInt(ClassCount::total).sum();
    }

    /** The share that was classified right, 0 to 1. */
    public double accuracy() {
        return (double) correct() / total();
    }

    /**
     * A network on the validation images, or on all of them where the folder has none apart.
     *
     * @throws IllegalArgumentException if the network has another number of classes than the data
     */
    public static Evaluation of(ResNet net, ImageFolder data) {
        return of(net, data.evaluationLoader(), data.classes());
    }

    /**
     * A network, in evaluation mode, on one epoch of a loader's images; afterwards each module is in the mode that it was in.
     *
     * @param classes the labels' names
     * @throws IllegalArgumentException             if the network has another number of classes
     * @throws thaw.finetune.images.ImageReadException if an image cannot be read
     * @throws NotEnoughMemoryException             if a batch is too large
     */
    public static Evaluation of(ResNet net, BatchLoader loader, List<String> classes) {
        return of(net, loader, classes, images -> { });
    }

    /**
     * As {@link #of(ResNet, BatchLoader, List)}.
     *
     * @param progress is told after each batch how many images are done
     */
    public static Evaluation of(ResNet net, BatchLoader loader, List<String> classes, IntConsumer progress) {
        InputCheck.require(net, classes);
        Map<Module, Boolean> modes = new LinkedHashMap<>();
        net.namedModules().values().forEach(module -> modes.put(module, module.isTraining()));
        net.eval();
        int[] correct = new int[classes.size()];
        int[] total = new int[classes.size()];
        double loss = 0;
        int images = 0;
        RawBatch batch = null;
        try (Batches batches = loader.epoch(0); NoGrad off = net.device().noGrad()) {
            while (batches.hasNext()) {
                batch = batches.next();
                loss += count(net, batch, correct, total);
                images += batch.size();
                progress.accept(images);
            }
        } catch (OutOfMemoryError full) {
            throw new NotEnoughMemoryException("evaluating " + InputCheck.describe(batch), "use a smaller batch or images", full);
        } catch (OutOfDeviceMemoryException full) {
            throw new NotEnoughMemoryException("evaluating " + InputCheck.describe(batch), "", full,
                    batch.size(), net.device().backend().memory().inUse());
        } finally {
            /* Each module before those inside it, so that these have the last word. */
            modes.forEach(Module::train);
        }
        List<ClassCount> counts = new ArrayList<>();
        for (int i = 0; i < classes.size(); i++) {
            counts.add(new ClassCount(classes.get(i), correct[i], total[i]));
        }
        return new Evaluation(counts, loss / images);
    }

    /** Counts one batch and returns the sum of its losses. */
    private static double count(ResNet net, RawBatch batch, int[] correct, int[] total) {
        Device device = net.device();
        try (Scope scope = device.scope()) {
            Tensor scores = net.call(Batch.of(device, batch).images());
            float[] predicted = scores.argmax().toFloats();
            for (int i = 0; i < predicted.length; i++) {
                int label = batch.labels()[i];
                total[label]++;
                if ((int) predicted[i] == label) {
                    correct[label]++;
                }
            }
            return crossEntropy(scores, device.labels(batch.labels())).item() * (double) batch.size();
        }
    }
}
