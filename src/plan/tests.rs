mod asking;
mod build;
mod columns;
mod command;
mod kit;
mod resolve;
mod settings;
mod surroundings;
