package service;

import java.io.IOException;
import java.nio.file.Path;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.WarmUp;

/** Predicts the classes of uploaded images, by the model that the property {@code model} names. */
@SpringBootApplication
public class Service {

    public static void main(String[] args) {
        SpringApplication.run(Service.class, args);
    }

    /** One classifier for all requests, its kernels compiled before the service answers. Spring closes it at the end. */
    @Bean
    Classifier classifier(@Value("${model}") Path model) throws IOException {
        return Classifier.load(model, Classifier.options().warmUp(WarmUp.WAIT));
    }
}
