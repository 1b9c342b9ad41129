package thaw.finetune.run;

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
import thaw.finetune.train.EpochResult;
import thaw.finetune.train.FitState;

/**
 * A checkpoint: a fit's state and the log up to that point, in one file so that both are always of the same step. The
 * file is safetensors with tensors {@code network/…}, {@code optimizer/…} and {@code average/…}; everything else is JSON
 * in the metadata.
 */
record Checkpoint(FitState state, RunLog log) {

    private static final String NETWORK = "network/";
    private static final String OPTIMIZER = "optimizer/";
    private static final String AVERAGE = "average/";
    private static final String POSITION = "position";
    private static final String LOG = "log";
    private static final ObjectMapper JSON = FiniteJson.builder().build();

    /** The part of a {@link FitState} that is stored as JSON. */
    private record Position(int phase, int epoch, int batch, int step, int dataEpoch, long random, double lossSum, int images,
            double seconds, Map<String, List<Double>> activity, List<EpochResult> history) {
    }

    /**
     * Whether all weights are finite. After a step that broke them they may not be, although the loss shows it in the
     * next step only; such a state must not replace an earlier checkpoint.
     */
    boolean isSound() {
        return state.network().values().stream().allMatch(StoredTensor::isFinite);
    }

    /** Writes the checkpoint. The file is replaced atomically: it has the old checkpoint or the new one. */
    void write(Path file) throws IOException {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        state.network().forEach((name, tensor) -> tensors.put(NETWORK + name, tensor));
        state.optimizer().forEach((name, tensor) -> tensors.put(OPTIMIZER + name, tensor));
        state.average().ifPresent(average -> average.forEach((name, tensor) -> tensors.put(AVERAGE + name, tensor)));
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(POSITION, JSON.writeValueAsString(new Position(state.phase(), state.epoch(), state.batch(), state.step(),
                state.dataEpoch(), state.random(), state.lossSum(), state.images(), state.seconds(), state.activity(),
                state.history())));
        metadata.put(LOG, JSON.writeValueAsString(log));
        metadata.put(OPTIMIZER, JSON.writeValueAsString(state.optimizer().metadata()));
        if (state.average().isPresent()) {
            metadata.put(AVERAGE, JSON.writeValueAsString(state.average().get().metadata()));
        }
        Weights.write(file, tensors, metadata);
    }

    /** @throws IOException if the file is missing, is not a checkpoint or is damaged */
    static Checkpoint read(Path file) throws IOException {
        Weights all;
        // Read into memory, because some operating systems cannot replace a file that is mapped.
        try (InputStream in = Files.newInputStream(file)) {
            all = Weights.read(in);
        }
        Map<String, String> metadata = all.metadata();
        if (!metadata.containsKey(POSITION) || !metadata.containsKey(LOG) || !metadata.containsKey(OPTIMIZER)) {
            throw new IOException(file + ": expected the checkpoint of a run; start a new run in another folder");
        }
        try {
            Position at = JSON.readValue(metadata.get(POSITION), Position.class);
            Optional<Weights> average = metadata.containsKey(AVERAGE) ? Optional.of(part(all, AVERAGE)) : Optional.empty();
            FitState state = new FitState(at.phase, at.epoch, at.batch, at.step, at.dataEpoch, at.random, at.lossSum, at.images,
                    at.seconds, tensors(all, NETWORK), part(all, OPTIMIZER), average, at.activity, at.history);
            Checkpoint checkpoint = new Checkpoint(state, JSON.readValue(metadata.get(LOG), RunLog.class));
            if (!checkpoint.isSound()) {
                throw new IOException(file + ": is damaged, its weights are not finite; start a new run in another folder");
            }
            return checkpoint;
        } catch (JsonProcessingException damaged) {
            throw new IOException(file + ": is damaged: " + damaged.getOriginalMessage(), damaged);
        }
    }

    private static Weights part(Weights all, String prefix) throws JsonProcessingException {
        return Weights.of(tensors(all, prefix),
                JSON.readValue(all.metadata().get(prefix), new TypeReference<Map<String, String>>() { }));
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
