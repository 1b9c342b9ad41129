package thaw.finetune.lesson;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import thaw.finetune.data.Csv;
import thaw.finetune.run.RunFolder;
import thaw.finetune.run.RunSettings;

/**
 * A run to compare, as its folder holds it.
 *
 * @param name     the folder as given
 * @param log      the columns of {@code log.csv} by name, a number for each epoch; NaN where there is none
 * @param activity the rows of {@code groups.csv} by layer group, in order; empty without diagnostics
 */
record ComparedRun(String name, RunSettings settings, Map<String, double[]> log, Map<String, List<Map<String, Double>>> activity) {

    private static final String LOSS = "valid_loss";
    private static final String ACCURACY = "accuracy";

    /**
     * Reads a run's folder.
     *
     * @throws IOException              if a file cannot be read
     * @throws IllegalArgumentException if it is not the folder of a run with at least one epoch; the message says what is missing
     */
    static ComparedRun read(Path path) throws IOException {
        RunFolder folder = new RunFolder(path);
        if (!Files.isDirectory(path)) {
            throw new IllegalArgumentException("compare: " + path + (Files.exists(path) ? " is a file" : ": no such folder")
                    + "; give folders of runs, which thaw train … -o FOLDER makes");
        }
        if (!folder.hasRun() || Files.notExists(folder.log())) {
            throw new IllegalArgumentException("compare: " + path + " has no " + (folder.hasRun() ? "log.csv" : "settings.json")
                    + "; give folders of runs, which thaw train … -o FOLDER makes");
        }
        List<List<String>> rows = Csv.read(folder.log());
        if (rows.size() < 2) {
            throw new IllegalArgumentException("compare: " + path + " has no finished epoch yet; compare it when it has one");
        }
        Map<String, double[]> log = new LinkedHashMap<>();
        for (int c = 0; c < rows.get(0).size(); c++) {
            int column = c;
            log.put(rows.get(0).get(c), rows.stream().skip(1).mapToDouble(row -> number(row.get(column))).toArray());
        }
        Map<String, List<Map<String, Double>>> activity = new LinkedHashMap<>();
        List<List<String>> groups = Files.exists(folder.groups()) ? Csv.read(folder.groups()) : List.of(List.of());
        List<String> header = groups.get(0);
        for (List<String> row : groups.subList(1, groups.size())) {
            Map<String, Double> numbers = new LinkedHashMap<>();
            for (int c = 0; c < header.size(); c++) {
                numbers.put(header.get(c), number(row.get(c)));
            }
            activity.computeIfAbsent(row.get(header.indexOf("group")), group -> new ArrayList<>()).add(numbers);
        }
        return new ComparedRun(path.toString(), folder.settings(), log, activity);
    }

    private static double number(String field) {
        try {
            return Double.parseDouble(field);
        } catch (NumberFormatException words) {
            return Double.NaN;
        }
    }

    /** The index of the epoch whose model the run keeps. */
    int kept() {
        double[] loss = log.get(LOSS);
        int kept = loss.length - 1;
        if (settings.selection().keep() == RunSettings.Keep.BEST) {
            for (int i = loss.length - 1; i >= 0; i--) {
                kept = loss[i] <= loss[kept] ? i : kept;
            }
        }
        return kept;
    }

    /** The validation accuracy of the kept epoch, 0 to 1; NaN if the log has none. */
    double accuracy() {
        return log.containsKey(ACCURACY) ? log.get(ACCURACY)[kept()] : Double.NaN;
    }

    double loss() {
        return log.get(LOSS)[kept()];
    }

    long seed() {
        return settings.variation().seed();
    }

    /** The settings that differ from another run's, without the seed and what follows from it. */
    List<String> differences(ComparedRun from) {
        return from.settings.differences(settings).stream()
                .filter(line -> !line.startsWith("seed ") && !line.startsWith("fingerprint")).toList();
    }
}
