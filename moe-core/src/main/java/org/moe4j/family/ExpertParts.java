// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.SoftmaxTopK;
import org.moe4j.family.Scope.Bias;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Linear;
import org.moe4j.model.Mixture.SharedExpert;

/**
 * How many experts a model has and how they are chosen by softmax; the router and the experts of a
 * layer.
 *
 * @param experts number of experts
 * @param perToken experts that run for a token
 * @param hidden width of the residual stream
 * @param width width of an expert's gated rows
 */
record ExpertParts(int experts, int perToken, int hidden, int width) {

  /**
   * Names of the classic layout in safetensors, below the layer's prefix.
   *
   * @param block what holds router and experts
   * @param gate an expert's gate map
   * @param up an expert's up map
   * @param down an expert's down map
   */
  record Names(String block, String gate, String up, String down) {
    static final Names MLP = new Names("mlp", "gate_proj", "up_proj", "down_proj");
    static final Names MIXTRAL = new Names("block_sparse_moe", "w1", "w3", "w2");
  }

  /** Keys for the number of experts; a transformers version that knows several may write any. */
  private static final String[] COUNTS = {"num_experts", "num_local_experts", "n_routed_experts"};

  /** Reads the counts. */
  static ExpertParts of(Source source, int hidden, int width) {
    return of(
        source,
        count(source),
        source.size("num_experts_per_tok", "expert_used_count"),
        hidden,
        width);
  }

  /** With counts that the family reads itself. */
  static ExpertParts of(Source source, int experts, int perToken, int hidden, int width) {
    if (perToken > experts) {
      throw source.badSetting(
          "num_experts_per_tok",
          "expert_used_count",
          "expected 1 to the number of experts, %d, found %d".formatted(experts, perToken));
    }
    return new ExpertParts(experts, perToken, hidden, width);
  }

  private static int count(Source source) {
    if (source.gguf()) {
      return source.size("", "expert_count");
    }
    String found = COUNTS[0];
    for (String key : COUNTS) {
      if (source.config().has(key)) {
        if (source.config().has(found) && source.size(key, "") != source.size(found, "")) {
          throw source.badSetting(
              key, "", "expected %s, %d, again".formatted(found, source.size(found, "")));
        }
        found = key;
      }
    }
    return source.size(found, "");
  }

  ExpertParts withWidth(int newWidth) {
    return new ExpertParts(experts, perToken, hidden, newWidth);
  }

  /**
   * The rule of softmax routers.
   *
   * @param source the file
   * @param renormalise whether the chosen weights add up to one, where the file does not tell
   */
  SoftmaxTopK softmax(Source source, boolean renormalise) {
    if (!source.gguf()) {
      return new SoftmaxTopK(perToken, source.config().flag("norm_topk_prob", renormalise));
    }
    int gating = source.config().int32(source.key("expert_gating_func"), 1);
    if (gating != 0 && gating != 1) {
      throw source.unsupported(
          source.key("expert_gating_func"), String.valueOf(gating), "1 (softmax)");
    }
    double scale = source.number("", "expert_weights_scale", 1);
    if (scale != 0 && scale != 1) {
      throw source.unsupported(source.key("expert_weights_scale"), String.valueOf(scale), "1");
    }
    return new SoftmaxTopK(
        perToken, source.config().flag(source.key("expert_weights_norm"), renormalise));
  }

  /**
   * Experts that always run, which lie side by side as one.
   *
   * @param layer the layer
   * @param count how many there are
   * @param bias bias of their maps
   */
  @Nullable SharedExpert shared(Scope layer, int count, Bias bias) {
    if (count == 0) {
      return null;
    }
    int all = (int) Math.min((long) count * width, Integer.MAX_VALUE);
    return new SharedExpert(layer.gated("mlp.shared_experts", "_shexp", hidden, all, bias), null);
  }

  Linear router(Scope layer, Names names) {
    return layer.linear(names.block + ".gate", "ffn_gate_inp", experts, hidden, Bias.NONE);
  }

  List<GatedFeedForward> read(Scope layer, Names names) {
    return tensors(layer).read(names);
  }

  /** The experts' tensors of a layer. */
  ExpertTensors tensors(Scope layer) {
    return new ExpertTensors(layer, experts, hidden, width);
  }
}
