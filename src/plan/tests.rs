mod asking;
mod build;
mod columns;
mod kit;
mod resolve;
mod settings;
mod surroundings;
