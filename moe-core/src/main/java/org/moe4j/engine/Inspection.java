// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import com.google.common.primitives.Longs;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;
import org.moe4j.ModelInfo;
import org.moe4j.TensorInfo;
import org.moe4j.family.Families;
import org.moe4j.format.Config;
import org.moe4j.format.GgufFile;
import org.moe4j.format.ModelFile;
import org.moe4j.format.SafetensorsDirectory;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;
import org.moe4j.model.Costs;
import org.moe4j.model.Mixture;
import org.moe4j.model.ModelSpec;

/** Describes a model from its files. */
final class Inspection {

  private Inspection() {}

  /** The description of a model whose family may or may not be supported. */
  static ModelInfo of(ModelFile file) {
    TextParts text = TextParts.of(file);
    List<String> problems = new ArrayList<>(text.problems());
    ModelSpec spec = null;
    try {
      spec = Families.map(file);
    } catch (MixtureException.Unsupported e) {
      problems.addAll(Families.unsupported(file));
    }
    problems.addAll(unsupportedTypes(file));
    return describe(file, spec, text, problems);
  }

  /** The description of a model that runs. */
  static ModelInfo of(ModelFile file, ModelSpec spec, TextParts text) {
    return describe(file, spec, text, text.problems());
  }

  private static List<String> unsupportedTypes(ModelFile file) {
    Map<TensorType, List<TensorData>> tensors = new EnumMap<>(TensorType.class);
    for (TensorData tensor : file.tensors()) {
      if (!tensor.type().isSupported()) {
        tensors.computeIfAbsent(tensor.type(), _ -> new ArrayList<>()).add(tensor);
      }
    }
    List<String> problems = new ArrayList<>();
    tensors.forEach((type, all) ->
        problems.add(
            "%s: tensor type %s is not supported%s"
                .formatted(
                    all.getFirst().name(),
                    type,
                    all.size() == 1 ? "" : "; so it is with %,d more".formatted(all.size() - 1))));
    return problems;
  }

  private static ModelInfo describe(
      ModelFile file, @Nullable ModelSpec spec, TextParts text, List<String> problems) {
    Map<String, Long> bytesByType = new TreeMap<>();
    List<TensorInfo> tensors = new ArrayList<>();
    for (TensorData tensor : file.tensors()) {
      bytesByType.merge(tensor.type().toString(), tensor.bytes(), Long::sum);
      tensors.add(
          new TensorInfo(
              tensor.name(),
              tensor.type().toString(),
              Longs.asList(tensor.shape()),
              tensor.bytes()));
    }
    Keys keys = Keys.of(file);
    Costs costs = spec == null ? null : Costs.of(spec);
    List<Integer> moeLayers = new ArrayList<>();
    int experts =
        spec == null
            ? keys.number("expert_count", "num_local_experts", "num_experts", "n_routed_experts")
            : 0;
    int used = spec == null ? keys.number("expert_used_count", "num_experts_per_tok") : 0;
    boolean shared = false;
    if (spec != null) {
      for (int i = 0; i < spec.layers().size(); i++) {
        if (spec.layers().get(i).feedForward() instanceof Mixture mixture) {
          moeLayers.add(i);
          experts = Math.max(experts, mixture.experts().size());
          used = Math.max(used, mixture.rule().mostExperts());
          shared |= mixture.shared() != null;
        }
      }
    }
    return new ModelInfo(
        file.path().toString(),
        format(file),
        keys.family(),
        keys.name(),
        spec == null ? keys.number("block_count", "num_hidden_layers") : spec.layers().size(),
        moeLayers,
        spec == null ? keys.number("embedding_length", "hidden_size") : spec.hiddenSize(),
        spec == null
            ? text.tokenizer() == null ? keys.number("vocab_size") : text.tokenizer().size()
            : spec.vocabularySize(),
        spec == null
            ? keys.number("context_length", "max_position_embeddings")
            : spec.contextLength(),
        experts,
        used,
        shared,
        costs == null
            ? file.tensors().stream().mapToLong(TensorData::elements).sum()
            : costs.parameters(),
        costs == null ? 0 : costs.activeParameters(),
        file.tensors().stream().mapToLong(TensorData::bytes).sum(),
        costs == null ? 0 : costs.activeBytesPerToken(),
        costs == null ? 0 : costs.cacheValuesPerToken(),
        bytesByType,
        tensors,
        text.tokenizer() == null ? "" : text.tokenizer().kind(),
        file.chatTemplate().orElse(""),
        GenerationDefaults.of(file).sampling(),
        problems);
  }

  private static String format(ModelFile file) {
    return switch (file) {
      case GgufFile _ -> "GGUF";
      case SafetensorsDirectory _ -> "safetensors";
    };
  }

  /** The keys that most families share, for models that no family here reads. */
  private record Keys(Config config, String prefix, String family, String name) {

    static Keys of(ModelFile file) {
      Config config = file.config();
      if (file instanceof SafetensorsDirectory) {
        return new Keys(
            config,
            "",
            config.has("model_type") ? config.text("model_type") : "",
            config.text("_name_or_path", ""));
      }
      String family = config.text("general.architecture", "");
      return new Keys(config, family + ".", family, config.text("general.name", ""));
    }

    /** The first of these keys that holds a number, or 0. */
    int number(String... candidates) {
      for (String key : candidates) {
        if (config.value(prefix + key) instanceof Long value
            && value >= 0
            && value <= Integer.MAX_VALUE) {
          return value.intValue();
        }
      }
      return 0;
    }
  }
}
