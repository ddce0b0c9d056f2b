// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.moe4j.family.ExpertParts.Names;
import org.moe4j.family.Scope.Bias;
import org.moe4j.format.TensorData;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Linear;

/**
 * The experts of a layer, in any of the layouts that files have.
 *
 * <p>Safetensors: a matrix an expert and map, or since transformers v5 one tensor of all gate and
 * up rows and one of all down rows. GGUF: one stacked tensor a map, gate and up stacked in one, or
 * in old files a matrix an expert and map.
 *
 * @param layer the layer
 * @param experts number of experts
 * @param hidden width of the residual stream
 * @param width width of an expert's gated rows
 */
record ExpertTensors(Scope layer, int experts, int hidden, int width) {

  /** A layout of GGUF files, or one of the two usual ones of safetensors under these names. */
  List<GatedFeedForward> read(Names names) {
    if (layer.source().gguf()) {
      return layer.has("", "ffn_gate.0.weight") ? oneByOne("", Names.MLP) : stacked();
    }
    String prefix = names.block() + ".experts.";
    return layer.has(prefix + "gate_up_proj", "")
        ? fused(prefix + "gate_up_proj", prefix + "down_proj")
        : oneByOne(prefix, names);
  }

  private List<GatedFeedForward> oneByOne(String prefix, Names names) {
    return each(expert -> {
      String own = prefix + expert + ".";
      return new GatedFeedForward(
          layer.linear(own + names.gate(), "ffn_gate." + expert, width, hidden, Bias.NONE),
          layer.linear(own + names.up(), "ffn_up." + expert, width, hidden, Bias.NONE),
          layer.linear(own + names.down(), "ffn_down." + expert, hidden, width, Bias.NONE));
    });
  }

  /**
   * The gate and up rows of all experts in one tensor: the first half of an expert's rows is its
   * gate, the second half is up.
   *
   * @param gateUp its name in safetensors
   * @param down name of the tensor of all down rows in safetensors
   */
  List<GatedFeedForward> fused(String gateUp, String down) {
    TensorData both = layer.tensor(gateUp, "ffn_gate_up_exps.weight", experts, 2L * width, hidden);
    TensorData last = layer.tensor(down, "ffn_down_exps.weight", experts, hidden, width);
    return each(expert -> {
      TensorData rows = both.slice(expert);
      return new GatedFeedForward(
          Linear.of(rows.rows(0, width)),
          Linear.of(rows.rows(width, 2L * width)),
          Linear.of(last.slice(expert)));
    });
  }

  /**
   * The same with matrices whose rows are inputs: first all gate columns, then all up columns.
   *
   * @param block what holds the experts in safetensors
   */
  List<GatedFeedForward> transposed(String block) {
    String prefix = block + ".experts.";
    TensorData both = layer.tensor(prefix + "gate_up_proj", "", experts, hidden, 2L * width);
    TensorData last = layer.tensor(prefix + "down_proj", "", experts, width, hidden);
    return each(expert -> {
      TensorData columns = both.slice(expert);
      return new GatedFeedForward(
          Linear.of(columns.transposed(0, 1, width)),
          Linear.of(columns.transposed(width, 1, width)),
          Linear.of(last.slice(expert).transposed()));
    });
  }

  /**
   * One matrix a map with the rows of all experts; those of the third one are inputs.
   *
   * @param gate name of the gates in safetensors
   * @param up name of what they multiply
   * @param down name of the third
   */
  List<GatedFeedForward> joined(String gate, String up, String down) {
    TensorData gates = layer.tensor(gate, "", (long) experts * width, hidden);
    TensorData ups = layer.tensor(up, "", (long) experts * width, hidden);
    TensorData downs = layer.tensor(down, "", (long) experts * width, hidden);
    return each(expert -> {
      long from = (long) expert * width;
      return new GatedFeedForward(
          Linear.of(gates.rows(from, from + width)),
          Linear.of(ups.rows(from, from + width)),
          Linear.of(downs.rows(from, from + width).transposed()));
    });
  }

  private List<GatedFeedForward> stacked() {
    if (layer.has("", "ffn_gate_up_exps.weight")) {
      return fused("", "");
    }
    TensorData gate = layer.tensor("", "ffn_gate_exps.weight", experts, width, hidden);
    TensorData up = layer.tensor("", "ffn_up_exps.weight", experts, width, hidden);
    TensorData down = layer.tensor("", "ffn_down_exps.weight", experts, hidden, width);
    return each(expert ->
        new GatedFeedForward(
            Linear.of(gate.slice(expert)),
            Linear.of(up.slice(expert)),
            Linear.of(down.slice(expert))));
  }

  private List<GatedFeedForward> each(IntFunction<GatedFeedForward> expert) {
    List<GatedFeedForward> all = new ArrayList<>();
    for (int i = 0; i < experts; i++) {
      all.add(expert.apply(i));
    }
    return all;
  }
}
