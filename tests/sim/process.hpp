// What a program that runs many worlds asks of its process, before the first of them.
#pragma once

namespace satchel::sim {

void prepare_process();

}  // namespace satchel::sim
