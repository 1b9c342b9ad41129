package thaw.finetune.demo;

import thaw.finetune.TrainingListener;
import thaw.resnet.ResNet;

/** Hears how a demo gets on. */
public interface DemoListener {

    /** When the pictures are there. */
    void onPictures(DemoPictures pictures);

    /** Before the first network is trained. */
    void onNetwork(ResNet net);

    /** Before each phase of the first network's training, which the result then hears of. */
    TrainingListener onPhase(Phase phase);

    /** When {@code done} of {@code all} trainings are done; from one thread at a time. */
    void onTrial(int done, int all);
}
