package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.CacheType;
import org.moe4j.Router;
import org.moe4j.Routing;
import org.moe4j.decode.Decoder;
import org.moe4j.decode.PagePool;
import org.moe4j.decode.SequenceState;
import org.moe4j.decode.StepRouters;
import org.moe4j.decode.Weights;
import org.moe4j.device.Batch;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.device.Device.FeedForwardWeights;
import org.moe4j.device.scalar.ScalarDevice;
import org.moe4j.format.ModelFile;
import org.moe4j.format.TensorData;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;

/**
 * Every family, layout and special setting gives the logits and the routing of the reference
 * implementation, on the scalar device.
 */
class FamilyParityTest {

  /** Largest difference of a logit, as a share of the logits' range. */
  private static final double LOGITS = 1e-4;

  private static final double WEIGHTS = 1e-5;

  @TempDir Path scratch;

  private static Path fixtures() {
    try {
      return Path.of(FamilyParityTest.class.getResource("/parity").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Path> models() throws IOException {
    List<Path> models = new ArrayList<>();
    try (Stream<Path> directories = Files.list(fixtures()).sorted()) {
      for (Path directory : directories.toList()) {
        models.add(directory);
        Path twin = directory.resolve("twin.gguf");
        if (Files.exists(twin)) {
          models.add(twin);
        }
      }
    }
    return models;
  }

  @Test
  void fixturesCoverEveryFamilyInBothFormats() throws IOException {
    List<String> families = new ArrayList<>();
    for (Path model : models()) {
      try (ModelFile file = ModelFile.open(model)) {
        families.add(Families.map(file).family());
      }
    }
    List<String> missing = new ArrayList<>(Families.supported());
    missing.removeAll(families);
    // Mistral is Mixtral's attention with Llama's feed-forward; it has a test of its mapping alone.
    assertEquals(List.of("mistral"), missing);
  }

  @TestFactory
  Stream<DynamicTest> givesTheReferenceLogitsAndRouting() throws IOException {
    return models().stream()
        .map(
            model ->
                DynamicTest.dynamicTest(
                    fixtures().relativize(model).toString(), () -> compare(model)));
  }

  private void compare(Path model) throws IOException {
    Path directory = Files.isDirectory(model) ? model : model.getParent();
    Path answers = Files.createDirectories(scratch.resolve(directory.getFileName()));
    Files.copy(
        directory.resolve("expected.safetensors"),
        answers.resolve("model.safetensors"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Files.writeString(answers.resolve("config.json"), "{}");
    try (ModelFile file = ModelFile.open(model);
        ModelFile expected = ModelFile.open(answers);
        Device device = new ScalarDevice()) {
      ModelSpec spec = Families.map(file);
      Weights weights = Weights.load(device, spec, new OwnParts(), bytes -> {});
      int sequences = 0;
      while (expected.find(sequences + ".ids").isPresent()) {
        compareSequence(device, weights, expected, sequences + ".");
        sequences++;
      }
      assertTrue(sequences > 0);
    }
  }

  private static final class OwnParts implements Weights.Replacements {
    @Override
    public Router router(int layer, Router own) {
      return own;
    }

    @Override
    public @org.jspecify.annotations.Nullable FeedForwardWeights expert(
        int layer, int index, Device device) {
      return null;
    }
  }

  /** Steps of at most as many rows as can want logits. */
  private static void compareSequence(
      Device device, Weights weights, ModelFile expected, String prefix) {
    int[] ids = ints(expected.tensor(prefix + "ids"));
    try (PagePool pool =
            new PagePool(
                device, CacheLayout.of(weights.spec(), CacheType.F32), Long.MAX_VALUE / 2);
        SequenceState state = new SequenceState(pool);
        Decoder decoder = new Decoder(device, weights, Decoder.MOST_LOGITS)) {
      for (int from = 0; from < ids.length; from += Decoder.MOST_LOGITS) {
        int rows = Math.min(Decoder.MOST_LOGITS, ids.length - from);
        int start = state.append(rows);
        ImmutableIntArray tokens = ImmutableIntArray.copyOf(ids).subArray(from, from + rows);
        decoder.step(
            new Batch(List.of(new Batch.Segment(state, start, tokens, rows))), StepRouters.OWN);
        compareStep(decoder, weights.spec(), expected, prefix, from, rows);
      }
    }
  }

  private static void compareStep(
      Decoder decoder, ModelSpec spec, ModelFile expected, String prefix, int from, int rows) {
    float[] reference = floats(expected.tensor(prefix + "logits"));
    int width = spec.vocabularySize();
    double range = range(reference);
    float[] logits = new float[width];
    for (int row = 0; row < rows; row++) {
      decoder.logits(row, logits);
      for (int i = 0; i < width; i++) {
        assertEquals(
            reference[(from + row) * width + i],
            logits[i],
            LOGITS * range,
            prefix + "logits, position " + (from + row) + ", token " + i);
      }
    }
    for (int layer = 0; layer < spec.layers().size(); layer++) {
      String name = prefix + "layer." + layer + ".";
      boolean mixture = spec.layers().get(layer).feedForward() instanceof Mixture;
      assertEquals(expected.find(name + "experts").isPresent(), mixture, name);
      if (mixture) {
        Routing routing = decoder.routing(layer);
        int[] experts = ints(expected.tensor(name + "experts"));
        float[] shares = floats(expected.tensor(name + "weights"));
        int perToken = (int) expected.tensor(name + "experts").size(1);
        for (int row = 0; row < rows; row++) {
          assertEquals(perToken, routing.count(row));
          for (int slot = 0; slot < perToken; slot++) {
            int at = (from + row) * perToken + slot;
            assertEquals(experts[at], routing.expert(row, slot), name + "row " + (from + row));
            assertEquals(shares[at], routing.weight(row, slot), WEIGHTS, name);
          }
        }
      }
    }
  }

  private static double range(float[] values) {
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    return most - least;
  }

  private static int[] ints(TensorData tensor) {
    return tensor.data().toArray(ValueLayout.JAVA_INT_UNALIGNED);
  }

  private static float[] floats(TensorData tensor) {
    return tensor.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
  }
}
