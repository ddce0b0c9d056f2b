// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.format.Config;
import org.moe4j.format.ModelFile;
import org.moe4j.format.TensorData;

/**
 * The language model of a file that may hold other parts, such as an image encoder: where its
 * settings and tensors are.
 *
 * <p>Checkpoints for conditional generation keep the settings under {@code text_config} and the
 * tensors under a prefix. Their other parts have no say in an answer to a text alone and are left
 * out, by the beginnings of their names.
 *
 * @param config settings of the language model
 * @param prefix what comes before the names of its tensors, as they would be called in a file that
 *     holds nothing else
 * @param all whether the prefix comes before the output matrix, too; otherwise it takes the place
 *     of {@code model.}
 * @param nested whether there are other parts
 */
record LanguagePart(Config config, String prefix, boolean all, boolean nested) {

  private static final String TEXT = "text_config";

  /** Other parts, as they are called in the file or under {@code model.} */
  private static final List<String> OTHER_PARTS =
      List.of(
          "vision_model.",
          "vision_tower.",
          "visual.",
          "vision_embedder.",
          "embed_vision.",
          "audio_tower.",
          "embed_audio.",
          "multi_modal_projector.");

  static LanguagePart of(ModelFile file, boolean gguf) {
    Config whole = file.config();
    if (gguf || !whole.has(TEXT)) {
      return new LanguagePart(whole, "", true, false);
    }
    requireOwnType(whole);
    Config config = Config.of(whole.file(), merged(whole));
    for (TensorData tensor : file.tensors()) {
      if (tensor.name().startsWith("language_model.model.")) {
        return new LanguagePart(config, "language_model.", true, true);
      }
      if (tensor.name().startsWith("model.language_model.")) {
        return new LanguagePart(config, "model.language_model.", false, true);
      }
    }
    return new LanguagePart(config, "", true, true);
  }

  /** A family's own language model, not another one beside its encoder. */
  private static void requireOwnType(Config whole) {
    String family = whole.text("model_type");
    String own = whole.section(TEXT).text("model_type", family);
    if (!own.equals(family) && !own.equals(family + "_text")) {
      throw new MixtureException.Unsupported(
          whole.file() + ": text_config.model_type",
          "the value \"" + own + "\" in a model of type \"" + family + "\"",
          family + ", " + family + "_text");
    }
  }

  /** What is said of the whole model goes for its language model, too. */
  private static Map<String, @Nullable Object> merged(Config whole) {
    Config text = whole.section(TEXT);
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (String key : text.keys()) {
      values.put(key, text.value(key));
    }
    for (String key : List.of("model_type", "architectures", "quantization_config")) {
      if (whole.has(key)) {
        values.put(key, whole.value(key));
      }
    }
    if (whole.flag("tie_word_embeddings", false)) {
      values.put("tie_word_embeddings", true);
    }
    return values;
  }

  /** The name in the file of a tensor of the language model. */
  String name(String name) {
    if (all) {
      return prefix + name;
    }
    return name.startsWith("model.") ? prefix + name.substring("model.".length()) : name;
  }

  /** Whether a tensor belongs to another part. */
  boolean isOther(String name) {
    if (!nested) {
      return false;
    }
    String own = name.startsWith("model.") ? name.substring("model.".length()) : name;
    return OTHER_PARTS.stream().anyMatch(own::startsWith);
  }
}
