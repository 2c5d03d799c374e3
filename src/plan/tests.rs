mod build;
mod resolve;
