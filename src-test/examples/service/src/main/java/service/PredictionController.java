package service;

import java.io.IOException;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;
import thaw.finetune.images.ImageReadException;
import thaw.finetune.predict.Classifier;
import thaw.finetune.predict.Prediction;

@RestController
class PredictionController {

    private final Classifier classifier;

    PredictionController(Classifier classifier) {
        this.classifier = classifier;
    }

    /** The answer to an upload, as JSON. */
    record Answer(String label, long percent) {
    }

    @PostMapping("/predict")
    Answer predict(@RequestParam MultipartFile image) throws IOException {
        Prediction p = classifier.predict(image.getBytes());
        return new Answer(p.label(), Math.round(100 * p.probability()));
    }

    @ExceptionHandler
    @ResponseStatus(HttpStatus.BAD_REQUEST)
    Map<String, String> notAnImage(ImageReadException e) {
        return Map.of("error", e.getMessage());
    }

    /** The readiness probe: there are no requests before the classifier is loaded and compiled. */
    @GetMapping("/ready")
    ResponseEntity<Void> ready() {
        return ResponseEntity.ok().build();
    }
}
