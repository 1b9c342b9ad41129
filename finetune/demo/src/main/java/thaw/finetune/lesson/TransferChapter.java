package thaw.finetune.lesson;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.math3.stat.StatUtils;
import thaw.finetune.lesson.ImagesPerClass.Case;
import thaw.finetune.lesson.ImagesPerClass.Recipe;
import thaw.finetune.report.Numbers;

/** A pretrained network against the same one from random weights, by the number of images. */
record TransferChapter(Subject subject) implements Chapter {

    private static final Recipe[] RECIPES = {Recipe.ALL, Recipe.SCRATCH};

    @Override
    public String name() {
        return "transfer";
    }

    @Override
    public String question() {
        return "How much does a pretrained network bring?";
    }

    @Override
    public int trials() {
        return new ImagesPerClass(subject).trials(RECIPES).size();
    }

    @Override
    public Answer answer(Lab lab) throws IOException {
        ImagesPerClass trainings = new ImagesPerClass(subject);
        lab.measure(trainings.trials(RECIPES));
        int fewest = ImagesPerClass.COUNTS.get(0);
        int most = ImagesPerClass.COUNTS.get(ImagesPerClass.COUNTS.size() - 1);
        List<Claim> claims = new ArrayList<>();
        List<String> gains = new ArrayList<>();
        trainings.cases().forEach(of -> claims.add(trainings.compare(lab, of, Recipe.ALL, Recipe.SCRATCH, 0,
                "a pretrained network beats one from scratch")));
        for (Shift target : trainings.targets()) {
            double[] few = gains(trainings, lab, new Case(target, fewest));
            double[] many = gains(trainings, lab, new Case(target, most));
            String measured = Numbers.points(StatUtils.mean(few)) + " points with " + fewest + " images a class, "
                    + Numbers.points(StatUtils.mean(many)) + " with " + most;
            claims.add(Claim.above(0, target.name() + ": the fewer images, the more it brings", measured, PairedDifference.of(few, many),
                    Claim.Unit.POINTS));
            gains.add("on the " + target.name() + " target " + measured);
        }
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        trainings.json(lab, json.putArray("results"), RECIPES);
        return new Answer("Against the same network from scratch, the pretrained one brings " + String.join("; ", gains) + ".",
                trainings.done(), claims, trainings.figures(lab, RECIPES), json);
    }

    private static double[] gains(ImagesPerClass trainings, Lab lab, Case of) {
        double[] pretrained = trainings.accuracies(lab, of, Recipe.ALL);
        double[] scratch = trainings.accuracies(lab, of, Recipe.SCRATCH);
        return IntStream.range(0, pretrained.length).mapToDouble(i -> pretrained[i] - scratch[i]).toArray();
    }
}
