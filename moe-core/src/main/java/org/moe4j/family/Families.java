// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.moe4j.MixtureException;
import org.moe4j.format.ModelFile;
import org.moe4j.model.ModelSpec;

/** The families that can be run, by the names that files have for them. Stateless. */
public final class Families {

  /**
   * {@code model_type} of a {@code config.json} and {@code general.architecture} of a GGUF file
   * alike.
   */
  private static final Map<String, Family> BY_NAME =
      Collections.unmodifiableMap(
          new TreeMap<>(
              Map.ofEntries(
                  Map.entry("bailing_moe", new Bailing()),
                  Map.entry("bailing_moe_v2", new Bailing()),
                  Map.entry("bailingmoe", new Bailing()),
                  Map.entry("bailingmoe2", new Bailing()),
                  Map.entry("dbrx", new Dbrx()),
                  Map.entry("deepseek2", new DeepSeek2()),
                  Map.entry("deepseek_v2", new DeepSeekV2()),
                  Map.entry("deepseek_v3", new DeepSeekV3()),
                  Map.entry("dots1", new Dots1()),
                  Map.entry("ernie4_5", new Ernie()),
                  Map.entry("ernie4_5-moe", new Ernie()),
                  Map.entry("ernie4_5_moe", new Ernie()),
                  Map.entry("glm4_moe", new Glm4Moe()),
                  Map.entry("glm4_moe_lite", new Glm4MoeLite()),
                  Map.entry("glm4moe", new Glm4Moe()),
                  Map.entry("gemma4", new Gemma4()),
                  Map.entry("gemma4_text", new Gemma4()),
                  Map.entry("gpt-oss", new GptOss()),
                  Map.entry("gpt_oss", new GptOss()),
                  Map.entry("granite", new Granite()),
                  Map.entry("granitehybrid", new GraniteHybrid()),
                  Map.entry("granitemoe", new Granite()),
                  Map.entry("granitemoehybrid", new GraniteHybrid()),
                  Map.entry("granitemoeshared", new Granite()),
                  Map.entry("hunyuan-dense", new Hunyuan(false)),
                  Map.entry("hunyuan-moe", new Hunyuan(true)),
                  Map.entry("hunyuan_v1_dense", new Hunyuan(false)),
                  Map.entry("hunyuan_v1_moe", new Hunyuan(true)),
                  Map.entry("kimi_k2", new DeepSeekV3()),
                  Map.entry("lfm2", new Lfm2()),
                  Map.entry("lfm2_moe", new Lfm2()),
                  Map.entry("lfm2moe", new Lfm2()),
                  Map.entry("llama", new Llama()),
                  Map.entry("llama4", new Llama4()),
                  Map.entry("llama4_text", new Llama4()),
                  Map.entry("minimax-m2", new MiniMaxM2()),
                  Map.entry("minimax_m2", new MiniMaxM2()),
                  Map.entry("mistral", new Mistral()),
                  Map.entry("mixtral", new Mixtral()),
                  Map.entry("olmoe", new Olmoe()),
                  Map.entry("phimoe", new Phimoe()),
                  Map.entry("qwen2", new Qwen2()),
                  Map.entry("qwen2_moe", new Qwen2Moe()),
                  Map.entry("qwen2moe", new Qwen2Moe()),
                  Map.entry("qwen3", new Qwen3()),
                  Map.entry("qwen35moe", new QwenNext()),
                  Map.entry("qwen3_5_moe", new QwenNext()),
                  Map.entry("qwen3_5_moe_text", new QwenNext()),
                  Map.entry("qwen3_moe", new Qwen3Moe()),
                  Map.entry("qwen3_next", new QwenNext()),
                  Map.entry("qwen3moe", new Qwen3Moe()),
                  Map.entry("qwen3next", new QwenNext()),
                  Map.entry("smollm3", new SmolLm3()),
                  Map.entry("youtu", new DeepSeekV3()))));

  private Families() {}

  /** The names of all families, sorted: those of configs and those of GGUF files. */
  public static Set<String> supported() {
    return BY_NAME.keySet();
  }

  /**
   * Describes a model. Nothing is copied: its tensors are those of the file and gone when that is
   * closed.
   *
   * @param file an open file
   * @throws MixtureException.Unsupported if the family, or a setting that changes its results, is
   *     not known here
   * @throws MixtureException.BadFile if a setting or tensor is missing, has another shape than the
   *     settings say, or contradicts another
   */
  public static ModelSpec map(ModelFile file) {
    Source source = new Source(file);
    ModelSpec spec = map(source, file);
    source.requireAllUsed();
    return spec;
  }

  /**
   * Everything in the way of running a model, not only the first of it; types of tensors aside.
   * Whatever is refused counts as absent from then on, so that what comes after it is found too.
   *
   * @param file an open file
   * @return a message for each; empty if the model runs
   */
  public static List<String> unsupported(ModelFile file) {
    List<String> problems = new ArrayList<>();
    Set<String> waived = new HashSet<>();
    while (true) {
      try {
        Source source = new Source(file, waived);
        map(source, file);
        source.unused().forEach(unused -> problems.add(unused.getMessage()));
        return problems;
      } catch (MixtureException.Unsupported e) {
        if (!waived.add(e.where())) {
          return problems;
        }
        problems.add(e.getMessage());
      } catch (MixtureException.BadFile e) {
        // The family cannot do without what was waived.
        return problems;
      }
    }
  }

  private static ModelSpec map(Source source, ModelFile file) {
    Family family = BY_NAME.get(source.family());
    if (family == null) {
      throw new MixtureException.Unsupported(
          file.path().toString(),
          "family \"" + source.family() + "\"",
          String.join(", ", supported()));
    }
    source.requirePlainModel();
    return family.map(source);
  }
}
