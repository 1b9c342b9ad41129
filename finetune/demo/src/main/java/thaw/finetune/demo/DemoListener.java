package thaw.finetune.demo;

import thaw.finetune.train.TrainingListener;
import thaw.resnet.ResNet;

/** Is notified of a demo's progress. */
public interface DemoListener {

    /** Called when all images have been drawn. */
    void onImages(DemoImages images);

    /** Called before the first network is trained; returns the listener for that training. */
    TrainingListener onNetwork(ResNet net);

    /** Called when {@code done} of {@code all} trainings are finished; by one thread. */
    void onTrial(int done, int all);
}
