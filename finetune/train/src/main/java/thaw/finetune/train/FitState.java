package thaw.finetune.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.finetune.plan.TrainingPhase;

/**
 * The complete state of a fit between two steps, and the content of a checkpoint file. From it and the same settings and
 * data, {@link Learner#resume} ends with the same bits as a fit without interruption. The order of images and their
 * augmentation need no state of their own: they are functions of the data's seed and the epoch's number. Immutable.
 *
 * @param plan      of the fit; empty if it was read from a file and a phase is not {@linkplain TrainingPhase#isStorable
 *     storable}
 * @param position  in the plan
 * @param network   parameters, buffers and counters
 * @param optimizer the optimizer's state dict
 * @param average   the moving average of the weights; empty if there is none
 * @param activity  the diagnostics of the running epoch; see {@link thaw.finetune.diagnostics.GroupMeter#state}
 * @param history   the completed epochs of all phases
 */
public record FitState(List<TrainingPhase> plan, Position position, Map<String, StoredTensor> network, Weights optimizer,
        Optional<Weights> average, Map<String, List<Double>> activity, List<EpochResult> history) {

    private static final String NETWORK = "network/";
    private static final String OPTIMIZER = "optimizer/";
    private static final String AVERAGE = "average/";
    private static final String PLAN = "plan";
    private static final String POSITION = "position";
    private static final String ACTIVITY = "activity";
    private static final String HISTORY = "history";
    private static final ObjectMapper JSON = FiniteJson.builder().build();

    /** Copies the collections. */
    public FitState {
        plan = List.copyOf(plan);
        network = Map.copyOf(network);
        activity = Map.copyOf(activity);
        history = List.copyOf(history);
    }

    /**
     * A position in a plan.
     *
     * @param phase     the index of the running phase, from 0
     * @param epoch     the number of completed epochs of the phase
     * @param batch     the number of completed batches of the running epoch, including those without a readable image
     * @param step      the number of completed steps of the phase's schedule
     * @param dataEpoch the loader's number of the running epoch, which keeps counting across fits
     * @param random    the state of the device's generator
     * @param lossSum   the sum of the losses over the running epoch's completed images
     * @param images    the number of completed images of the running epoch
     * @param seconds   the duration of the running epoch so far
     */
    public record Position(int phase, int epoch, int batch, int step, int dataEpoch, long random, double lossSum, int images,
            double seconds) {
    }

    /**
     * Whether all weights are finite. After a step that broke them they may not be, although the loss shows it in the
     * next step only; such a state must not replace an earlier checkpoint.
     */
    public boolean isFinite() {
        return network.values().stream().allMatch(StoredTensor::isFinite);
    }

    /**
     * Writes a checkpoint: a safetensors file with tensors {@code network/…}, {@code optimizer/…} and {@code average/…},
     * and everything else as JSON in its metadata. The file is replaced atomically: it has the old checkpoint or the new
     * one.
     *
     * @throws DivergenceException if the weights are not finite; an existing file is unchanged then
     * @throws IOException         if writing fails; an existing file is unchanged then
     */
    public void write(Path file) throws IOException {
        if (!isFinite()) {
            throw new DivergenceException("the network's weights are not finite, so no checkpoint is written to " + file
                    + "; resume from an earlier one with lower learning rates");
        }
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        network.forEach((name, tensor) -> tensors.put(NETWORK + name, tensor));
        optimizer.forEach((name, tensor) -> tensors.put(OPTIMIZER + name, tensor));
        average.ifPresent(weights -> weights.forEach((name, tensor) -> tensors.put(AVERAGE + name, tensor)));
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(PLAN, JSON.writeValueAsString(plan.stream().allMatch(TrainingPhase::isStorable) ? plan : List.of()));
        metadata.put(POSITION, JSON.writeValueAsString(position));
        metadata.put(ACTIVITY, JSON.writeValueAsString(activity));
        metadata.put(HISTORY, JSON.writeValueAsString(history));
        metadata.put(OPTIMIZER, JSON.writeValueAsString(optimizer.metadata()));
        if (average.isPresent()) {
            metadata.put(AVERAGE, JSON.writeValueAsString(average.get().metadata()));
        }
        Weights.write(file, tensors, metadata);
    }

    /**
     * Reads a checkpoint that {@link #write} wrote.
     *
     * @throws IOException if the file is missing, is not a checkpoint, was written by an earlier version of Thaw, or is
     *     damaged
     */
    public static FitState read(Path file) throws IOException {
        Weights all;
        // Read into memory, because some operating systems cannot replace a file that is mapped.
        try (InputStream in = Files.newInputStream(file)) {
            all = Weights.read(in);
        }
        Map<String, String> metadata = all.metadata();
        if (metadata.containsKey("log")) {
            throw new IOException(file + ": is a checkpoint of an early version of Thaw, which this version cannot resume; finish the"
                    + " training with that version, or start again");
        }
        if (!metadata.keySet().containsAll(List.of(PLAN, POSITION, ACTIVITY, HISTORY, OPTIMIZER))) {
            throw new IOException(file + ": expected a checkpoint, as Learner.saveCheckpoint and thaw train -o RUN/ write it");
        }
        try {
            List<TrainingPhase> phases = JSON.readValue(metadata.get(PLAN), new TypeReference<>() {});
            Optional<Weights> average = metadata.containsKey(AVERAGE) ? Optional.of(part(all, AVERAGE)) : Optional.empty();
            FitState state = new FitState(phases, JSON.readValue(metadata.get(POSITION), Position.class), tensors(all, NETWORK),
                    part(all, OPTIMIZER), average,
                    JSON.readValue(metadata.get(ACTIVITY), new TypeReference<>() {}),
                    JSON.readValue(metadata.get(HISTORY), new TypeReference<>() {}));
            if (!state.isFinite()) {
                throw new IOException(file + ": is damaged, its weights are not finite; start the training again");
            }
            return state;
        } catch (JsonProcessingException damaged) {
            throw new IOException(file + ": is damaged: " + damaged.getOriginalMessage(), damaged);
        }
    }

    private static Weights part(Weights all, String prefix) throws JsonProcessingException {
        return Weights.of(tensors(all, prefix),
                JSON.readValue(all.metadata().get(prefix), new TypeReference<Map<String, String>>() {}));
    }

    private static Map<String, StoredTensor> tensors(Weights all, String prefix) {
        Map<String, StoredTensor> part = new LinkedHashMap<>();
        all.forEach((name, tensor) -> {
            if (name.startsWith(prefix)) {
                part.put(name.substring(prefix.length()), tensor);
            }
        });
        return part;
    }
}
