package thaw.finetune.lesson;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.math3.stat.StatUtils;
import thaw.finetune.lesson.ImagesPerClass.Case;
import thaw.finetune.lesson.ImagesPerClass.Recipe;
import thaw.finetune.report.Numbers;

/** A pretrained network against the same one from random weights, by the number of images. */
record TransferChapter(ImagesPerClass trainings) implements Chapter {

    TransferChapter(Subject subject) {
        this(new ImagesPerClass(subject, List.of(Recipe.ALL, Recipe.SCRATCH)));
    }

    @Override
    public String question() {
        return "How much does a pretrained network bring?";
    }

    @Override
    public int trials() {
        return trainings.trials().size();
    }

    @Override
    public Answer answer(Lab lab) throws IOException {
        lab.measure(trainings.trials());
        int fewest = ImagesPerClass.COUNTS.get(0);
        int most = ImagesPerClass.COUNTS.get(ImagesPerClass.COUNTS.size() - 1);
        List<Claim> claims = new ArrayList<>();
        List<String> gains = new ArrayList<>();
        trainings.cases().forEach(of -> claims.add(trainings.compare(lab, of, Recipe.ALL, Recipe.SCRATCH, 0,
                "a pretrained network beats one from scratch")));
        for (Shift target : trainings.targets()) {
            double[] few = gains(lab, new Case(target, fewest));
            double[] many = gains(lab, new Case(target, most));
            String measured = Numbers.points(StatUtils.mean(few)) + " points with " + fewest + " images a class, "
                    + Numbers.points(StatUtils.mean(many)) + " with " + most;
            claims.add(Claim.above(0, target.name() + ": the fewer images, the more it brings", measured, PairedDifference.of(few, many),
                    Claim.Unit.POINTS));
            gains.add("on the " + target.name() + " target " + measured);
        }
        return trainings.answer(lab, "Against the same network from scratch, the pretrained one brings " + String.join("; ", gains) + ".",
                claims);
    }

    private double[] gains(Lab lab, Case of) {
        double[] pretrained = trainings.accuracies(lab, of, Recipe.ALL);
        double[] scratch = trainings.accuracies(lab, of, Recipe.SCRATCH);
        return IntStream.range(0, pretrained.length).mapToDouble(i -> pretrained[i] - scratch[i]).toArray();
    }
}
